"""Does a series drift, did it step: against its own usual variation, at every scale.

Two guards, and the larger p counts. One reads the series at several widths of time (points, means
of three, nine ...): at each its memory is estimated, pushed up to where it may well be (a random
walk included), taken out of series and question alike, and what is left is tested. The other looks
at the slowest waves of what the question leaves over: if they are higher than fast ones, the slow
part of the series is its usual variation, and only its few waves count as observations.
"""

from __future__ import annotations

import numpy as np

from core.tools.statistics.association import Verdict
from core.tools.statistics.ranks import normal_scores

POINTS_MIN = 16
WIDE_POINTS_MIN = 200  # means over wider times must leave this many points
WAVES = (4, 8, 16, 32)  # how many of the slowest waves are read together
WAVES_P = (
    12.0  # over points; below it, waves this high do not come from a series without slow parts
)
WHITE_MAX = 16.0  # so many waves' worth of trust that a long series has no slow parts
SHORT = 10  # points a degree of freedom: a short series cannot show that it has no slow parts


def drift(values: np.ndarray, points: float = 0.0) -> Verdict:
    """Whether the series rises or falls over its whole time; effect is the change in its SD.

    It is trusted as far as a series of so many `points` is; zero: of as many as there are values.
    """
    n = len(values)
    if n < POINTS_MIN or np.ptp(values) <= 0:
        return Verdict(1.0, 0.0, n)
    scores = normal_scores(values)
    time = np.linspace(-0.5, 0.5, n)
    p, slow = _waves_p(scores, time, points or n)
    found = [_fit_p(_means(scores, m), _means(time, m), wanders=slow) for m in _widths(n)]
    return Verdict(max(p, *found), _effect(scores, time), n)


def step(values: np.ndarray, start: int, points: float = 0.0) -> Verdict:
    """Whether the level from `start` on differs from the level before; effect in its SD."""
    n = len(values)
    if start < POINTS_MIN // 2 or start >= n or np.ptp(values) <= 0:
        return Verdict(1.0, 0.0, n)
    scores = normal_scores(values)
    after = (np.arange(n) >= start).astype(float)
    p, slow = _waves_p(scores, after, points or n)
    found = [p]
    for m in _widths(n):
        parts = _around(scores, start, m), _around(after, start, m)
        if parts[1].any():
            found.append(_fit_p(*parts, wanders=slow))
    return Verdict(max(found, default=1.0), _effect(scores, after), n)


def plain_step(values: np.ndarray, start: int) -> Verdict:
    """As `step`, against the memory of the points alone: for few points, as a second opinion."""
    n = len(values)
    if start < 2 or start >= n or np.ptp(values) <= 0:
        return Verdict(1.0, 0.0, n)
    scores = normal_scores(values)
    after = (np.arange(n) >= start).astype(float)
    return Verdict(_fit_p(scores, after, wanders=False), _effect(scores, after), n)


def places(n: int) -> range:
    """Where a step is looked for in a series of n points: anywhere but in its outer twentieths."""
    return range(max(1, n // 20), n - n // 20)


def best_step(values: np.ndarray) -> tuple[Verdict, int]:
    """The clearest possible step, paid for by how many there are, and its place."""
    n = len(values)
    if n < 2 * POINTS_MIN or np.ptp(values) <= 0:
        return Verdict(1.0, 0.0, n), 0
    tried = np.array(places(n))
    scores = normal_scores(values)
    before = np.cumsum(scores)[tried - 1]
    gaps = np.abs(before - tried * scores.mean()) / np.sqrt(tried * (n - tried))
    at = int(tried[gaps.argmax()])
    found = step(values, at)
    return Verdict(min(1.0, found.p * len(tried)), found.effect, n), at


def without_weekdays(values: np.ndarray, period: int) -> np.ndarray:
    """Values minus the mean of their place in the cycle, plus the mean of all."""
    place = np.arange(len(values)) % period
    means = np.bincount(place, weights=values, minlength=period) / np.bincount(
        place, minlength=period
    )
    return values - means[place] + values.mean()


def _widths(n: int) -> list[int]:
    widths, m = [1], 3
    while n // m >= WIDE_POINTS_MIN:
        widths.append(m)
        m *= 3
    return widths


def _means(values: np.ndarray, m: int) -> np.ndarray:
    count = len(values) // m
    return values[: count * m].reshape(count, m).mean(1)


def _around(values: np.ndarray, start: int, m: int) -> np.ndarray:
    """Means of m points, none of which mixes before and after `start`."""
    if m == 1:
        return values
    before = _means(values[:start][::-1], m)[::-1]
    return np.concatenate([before, _means(values[start:], m)])


def _effect(scores: np.ndarray, shape: np.ndarray) -> float:
    """Change along `shape` (from its lowest to its highest), in SD of what it leaves."""
    x = shape - shape.mean()
    slope = (x @ scores) / (x @ x)
    rest = (scores - scores.mean() - slope * x).std()
    return float(slope * np.ptp(shape) / rest) if rest > 1e-9 else float(np.sign(slope) * 10.0)


def _fit_p(z: np.ndarray, x: np.ndarray, *, wanders: bool) -> float:
    """P of the slope of z on x when errors remember the last one as strongly as they may.

    A series that `wanders` is taken as a random walk: only its differences count.
    """
    from scipy.special import stdtr

    n = len(z)
    if n < 6 or np.ptp(x) <= 0:
        return 1.0
    design = np.column_stack([np.ones(n), x])
    rest = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    memory = 1.0 if wanders else _memory(rest)
    y = z[1:] - memory * z[:-1]
    quasi = design[1:] - memory * design[:-1]
    quasi = quasi[:, 1:] if memory >= 1 else quasi
    inverse = np.linalg.pinv(quasi.T @ quasi)
    fitted = inverse @ (quasi.T @ y)
    dof = len(y) - quasi.shape[1] - 1
    error = y - quasi @ fitted
    variance = (error @ error) / max(dof, 1) * inverse[-1, -1]
    if variance <= 1e-18:
        return 1.0
    return float(min(1.0, 2 * stdtr(dof, -abs(fitted[-1]) / np.sqrt(variance))))


def _waves_p(z: np.ndarray, x: np.ndarray, points: float) -> tuple[float, bool]:
    """P of the slope of z on x against the slow waves that z has besides; whether they are high."""
    from scipy.special import chdtrc, stdtr

    n = len(z)
    x = x - x.mean()
    slope = (x @ z) / (x @ x)
    rest = z - z.mean() - slope * x
    usual = rest @ rest / (n - 2)
    if usual <= 1e-18:
        return 1.0, True
    count = min(WAVES[-1] + 1, n // 2)
    angle = np.pi * np.outer(np.arange(1, count + 1), np.arange(n) + 0.5) / n
    power = 2 / n * (np.cos(angle) @ rest) ** 2 / usual
    worst, trust, wanders = 0.0, min(WHITE_MAX, points / 125), False
    for waves in WAVES:
        if waves + 1 > count:
            break
        height = power[: waves + 1].sum()  # the question itself took the room of one wave
        slow = chdtrc(waves, height) < min(0.25, WAVES_P / points)
        wanders = wanders or bool(slow)
        higher = height / waves if slow else max((height + trust) / (waves + trust), 1.0)
        t = abs(slope) * np.sqrt(x @ x / (usual * higher))
        worst = max(worst, 2 * stdtr(min(waves, points / SHORT) if slow else points / SHORT, -t))
    return float(min(1.0, worst)), wanders


def _memory(rest: np.ndarray) -> float:
    """Upper bound of lag-one memory: estimate + its bias + its spread; 1 is a random walk.

    Near one the least-squares estimate falls short by 10 to 22 / n (Dickey-Fuller), nearer zero
    by about 2 / n; the bound covers both. Noise on top of a slow series hides its memory from the
    first lag, not from how the following lags fade: the larger of the two is believed.
    """
    n = len(rest)
    echo = [float(rest[lag:] @ rest[: n - lag]) for lag in range(5)]
    if echo[0] <= 0:
        return 1.0
    phi = float(np.clip(echo[1] / echo[0], 0.0, 1.0))
    near, far = echo[1] + echo[2], echo[3] + echo[4]
    if near / echo[0] > 3.5 / np.sqrt(n):
        phi = max(phi, float(np.sqrt(np.clip(far / near, 0.0, 1.0))))
    bias = (2 + 8 * phi**2 + 12 * phi**4) / n
    spread = np.sqrt((1 - phi**2) / n)
    return min(1.0, phi + bias + spread)
