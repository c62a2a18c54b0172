"""Are the most extreme values more than the tail they come from explains?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SUSPECTS_MAX = 10
TAIL_SHARE = 0.04
TAIL_MIN = 15
ROWS_MIN = 50
GRID_VALUES_MIN = 10  # fewer are kinds, not sizes
GRID_MISFIT = 0.01  # of a step


@dataclass(frozen=True)
class Tail:
    """Values further than `beyond` from the middle are `count` outliers; p says how odd the gap is.

    `gap` is how many times further out the nearest outlier is than the last ordinary value.
    """

    p: float
    gap: float
    count: int
    middle: float
    beyond: float
    n: int


def gap_in_tail(values: np.ndarray) -> Tail:
    """The widest gap among the most extreme values, against the spacing of the data's own tail.

    For a tail of power-law weight the normalised log spacings i * log(x_i / x_i+1) are exponential
    whatever its index (Renyi), so the rest of the tail calibrates the test: Cauchy noise has no
    outliers, and lighter tails only make it stricter.
    """
    n = len(values)
    middle = float(np.median(values)) if n else 0.0
    nothing = Tail(1.0, 1.0, 0, middle, float("inf"), n)
    away = np.sort(np.abs(_spread(values) - middle))[::-1]
    away = away[away > 0]
    size = min(len(away) - 1, max(TAIL_MIN + SUSPECTS_MAX, int(n * TAIL_SHARE)))
    if n < ROWS_MIN or size < TAIL_MIN + SUSPECTS_MAX:
        return nothing
    spacing = np.arange(1, size + 1) * np.log(away[:size] / away[1 : size + 1])
    if (spacing > 0).mean() < 0.5:  # ties: too few distinct values to speak of a gap
        return nothing
    return _widest(spacing, away, middle, n)


def _spread(values: np.ndarray) -> np.ndarray:
    """Values rounded to an even grid, spread evenly over the width they were rounded from."""
    found, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(found) < 2 or len(found) > values.size / 2:
        return values
    usual = found[(found >= np.quantile(values, 0.01)) & (found <= np.quantile(values, 0.99))]
    if len(usual) < GRID_VALUES_MIN or counts.max() > len(values) / 2:
        return values
    grid = float(np.diff(usual).min())
    steps = (usual - usual[0]) / grid
    if np.abs(steps - np.round(steps)).max() > GRID_MISFIT:
        return values
    rank = np.empty(len(values))
    rank[np.argsort(place, kind="stable")] = np.arange(len(values))
    first = np.cumsum(counts) - counts
    return values + grid * ((rank - first[place] + 0.5) / counts[place] - 0.5)


def _widest(spacing: np.ndarray, away: np.ndarray, middle: float, n: int) -> Tail:
    from scipy.special import fdtrc

    usual = spacing[SUSPECTS_MAX:]
    ratio = spacing[:SUSPECTS_MAX] / usual.mean()
    p = np.array([float(fdtrc(2, 2 * len(usual), r)) for r in ratio])
    at = int(p.argmin())
    beyond = float(np.sqrt(away[at] * away[at + 1]))
    return Tail(
        min(1.0, p[at] * SUSPECTS_MAX), float(away[at] / away[at + 1]), at + 1, middle, beyond, n
    )
