"""Memory from one row to the next: found, and taken out."""

from __future__ import annotations

import numpy as np

LAGS_MAX = 10
LAG_SD, LAGS_SD = 3.5, 3.0  # any of ten lags, and their sum: together by chance in 1 of 150 series
UNIT_ROOT_T = -4.0  # a little beyond the Dickey-Fuller limits, so that doubt means differences


def remembers(values: np.ndarray) -> bool:
    """Neighbours are alike beyond chance: at one of the first lags clearly, or at all a little.

    The second is how a slow series under noise shows itself; no single lag has to stand out then.
    """
    n = len(values)
    lags = min(LAGS_MAX, n // 4)
    centred = values - values.mean()
    total = centred @ centred
    if total <= 0 or lags < 1:
        return False
    echo = [centred[lag:] @ centred[:-lag] / total for lag in range(1, lags + 1)]
    clear = max(map(abs, echo)) > LAG_SD / np.sqrt(n)
    return bool(clear or sum(echo) > LAGS_SD * np.sqrt(lags / n))


def whiten(values: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
    """`values` minus what their past foretells; zeros where there is no past yet.

    The memory is learned from `like` (the values without the effect that is being tested). Series
    that may be random walks are differenced first: two of them seem related when they are not.
    """
    like = values if like is None else like
    order = max(1, min(LAGS_MAX, len(values) // 30))
    if _may_wander(like, order):
        values, like = np.diff(values, prepend=values[:1]), np.diff(like, prepend=like[:1])
    weights, _ = _autoregression(like, order)
    result = values - values.mean()
    past = result.copy()
    for lag, weight in enumerate(weights, start=1):
        result[lag:] -= weight * past[:-lag]
    result[: order + 1] = 0.0
    return result


def _may_wander(values: np.ndarray, order: int) -> bool:
    """A unit root cannot be excluded."""
    weights, covariance = _autoregression(values, order)
    spread = np.sqrt(max(covariance.sum(), 0.0))
    return bool(weights.sum() - 1.0 > UNIT_ROOT_T * spread)


def _autoregression(values: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares weights of the last `order` values, and their covariance."""
    centred = values - values.mean()
    past = np.column_stack([centred[order - lag : -lag] for lag in range(1, order + 1)])
    now = centred[order:]
    gram = past.T @ past
    inverse = np.linalg.pinv(gram)
    weights = inverse @ (past.T @ now)
    rest = now - past @ weights
    return weights, inverse * (rest @ rest) / max(len(now) - order, 1)
