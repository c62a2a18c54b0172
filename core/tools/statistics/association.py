"""Do segments differ, do measures move together, do categories go together: robustly.

Each function returns a `Verdict` whose p is the largest over all the ways rows may depend. When p
is already above `P_CLEAR` for independent rows, dependence could only raise it and is not computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.tools.statistics.layout import Groups, Layout, stretched
from core.tools.statistics.ranks import centred_ranks
from core.tools.statistics.serial import remembers, whiten

P_CLEAR = 0.02
Z_CLEAR = 2.3  # the same, in standard deviations
ROWS_LEVEL_MIN = 10
EXPECTED_MIN = 10.0
STEADY_DOF = 25
COARSE_DOF = 12  # their spread was chosen for being large, so it is surer than their number says
COARSE_SD = 2.2  # few groups count when their spread is this many SD beyond that of single rows
CONSTANT_SHARE = 0.98


@dataclass(frozen=True)
class Verdict:
    """The p and effect of one comparison; `n` is what it rests on."""

    p: float
    effect: float
    n: int


def levels_differ(values: np.ndarray, codes: np.ndarray, layout: Layout) -> Verdict:
    """Whether `values` differ between the levels of `codes`; effect is epsilon squared of ranks."""
    ranks = centred_ranks(values)
    k = int(codes.max()) + 1 if len(codes) else 0
    plain, effect = _kruskal(ranks, codes, k)
    if plain > P_CLEAR or k < 2:
        return Verdict(plain, effect, len(values))
    layout = _with_own_order(_with_stretches(layout, codes), ranks, codes, k)
    found = [_levels_p(one, codes, k, layout) for one in _versions(ranks, codes, k, layout)]
    return Verdict(max(plain, *found), effect, len(values))


def move_together(left: np.ndarray, right: np.ndarray, layout: Layout) -> Verdict:
    """Whether two measures rise and fall together; effect is Spearman's rho."""
    n = len(left)
    x, y = centred_ranks(left), centred_ranks(right)
    rho = float(x @ y / n)
    p = _t_p(rho * np.sqrt(max(n - 2, 1) / max(1 - rho**2, 1e-12)), max(n - 2, 1))
    if p > P_CLEAR:
        return Verdict(p, rho, n)
    slow = [order for order in layout.orders if remembers(x[order]) or remembers(y[order])]
    layout = replace(layout, firm=True) if slow else layout
    found = [p, _product_p(x, y, layout)]
    for order in slow:
        a, b = np.empty(n), np.empty(n)
        a[order], b[order] = whiten(x[order]), whiten(y[order])
        found.append(_product_p(a, b, layout) if np.sign(a @ b) == np.sign(rho) else 1.0)
    return Verdict(max(found), rho, n)


def go_together(left: np.ndarray, right: np.ndarray, layout: Layout) -> Verdict:
    """Whether two categories are associated; effect is Cramer's V corrected for bias."""
    a, b = int(left.max()) + 1, int(right.max()) + 1
    n = len(left)
    counts = np.bincount(left * b + right, minlength=a * b).reshape(a, b).astype(float)
    plain, effect = _chi_squared(counts, n)
    if plain > P_CLEAR:
        return Verdict(plain, effect, n)
    expected = np.outer(counts.sum(1), counts.sum(0)) / n
    usable = expected >= EXPECTED_MIN
    if not usable.any():
        return Verdict(1.0, effect, n)
    layout = _with_stretches(_with_stretches(layout, left), right)
    layout = _with_stretches(layout, left * b + right)
    worst = np.full((a, b), plain)
    for groups in layout.units():
        worst = np.maximum(worst, _cells_p(left, right, counts, groups))
    return Verdict(max(plain, _least(worst[usable])), effect, n)


def within_strata(
    values: np.ndarray, chosen: np.ndarray, strata: np.ndarray, layout: Layout
) -> tuple[Verdict, Verdict]:
    """Association of `values` with `chosen` over all rows, and inside the strata (Mantel-Haenszel).

    `chosen` is 0/1 or a measure. Effects are slopes in SD of ranks, signed, for Simpson's reversal.
    """
    y = centred_ranks(values)
    x = chosen - chosen.mean()
    whole = _slope(x, y, layout)
    return whole, _slope(_inside(x, strata), _inside(y, strata), layout)


def products_p(left: np.ndarray, right: np.ndarray, layout: Layout) -> float:
    """P that two columns do not move together, neighbours and groups taken as units."""
    return _product_p(left, right, layout)


def turned(values: np.ndarray, codes: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The levels whose difference from the rest turns round inside the strata, at first sight."""
    ranks = centred_ranks(values)
    k, size = int(codes.max()) + 1, int(strata.max()) + 1
    spot = strata * k + codes
    sums = np.bincount(spot, weights=ranks, minlength=size * k).reshape(size, k)
    counts = np.bincount(spot, minlength=size * k).reshape(size, k)
    share = counts.sum(0) / len(values)
    whole = sums.sum(0)
    seen = np.abs(whole) > np.sqrt(len(values) * share * (1 - share)) * Z_CLEAR
    strata_share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    inside = (sums - strata_share * sums.sum(1, keepdims=True)).sum(0)
    return np.flatnonzero(seen & (whole * inside < 0))


def _inside(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    counts = np.bincount(strata)
    means = np.bincount(strata, weights=values) / np.maximum(counts, 1)
    return values - means[strata]


def _slope(x: np.ndarray, y: np.ndarray, layout: Layout) -> Verdict:
    size = x @ x
    if size <= 0:
        return Verdict(1.0, 0.0, len(x))
    slope = float(x @ y / size)
    rest = y - slope * x
    spread = np.sqrt((x**2) @ (rest**2)) / size
    p = _t_p(float(slope / spread) if spread > 0 else 0.0, max(len(x) - 2, 1))
    if p <= P_CLEAR:
        p = max(p, _product_p(x, y, layout))
    return Verdict(p, slope, len(x))


def _with_stretches(layout: Layout, codes: np.ndarray) -> Layout:
    found = stretched(codes)
    return layout if found is None else layout.plus([found])


def _with_own_order(layout: Layout, ranks: np.ndarray, codes: np.ndarray, k: int) -> Layout:
    """Also level after level, if a level's own past foretells it (a table of many series)."""
    rest = _residual(ranks, codes, k)
    own = [order[np.argsort(codes[order], kind="stable")] for order in layout.orders]
    extra = [order for order in own if remembers(rest[order])]
    if not extra and not any(remembers(rest[order]) for order in layout.orders):
        return layout
    return Layout(layout.n, [*layout.orders, *extra], layout.groups, firm=True)


def _residual(ranks: np.ndarray, codes: np.ndarray, k: int) -> np.ndarray:
    counts = np.maximum(np.bincount(codes, minlength=k), 1)
    return ranks - (np.bincount(codes, weights=ranks, minlength=k) / counts)[codes]


def _versions(ranks: np.ndarray, codes: np.ndarray, k: int, layout: Layout) -> list[np.ndarray]:
    """The ranks as they are, and without their memory in each order that shows one."""
    rest = _residual(ranks, codes, k)
    result = [ranks]
    for order in layout.orders:
        if remembers(rest[order]):
            clean = np.empty(len(ranks))
            clean[order] = whiten(ranks[order], rest[order])
            result.append(clean)
    return result


def _levels_p(values: np.ndarray, codes: np.ndarray, k: int, layout: Layout) -> float:
    n = len(values)
    values = values - values.mean()
    counts = np.bincount(codes, minlength=k).astype(float)
    share = counts / n
    sums = np.bincount(codes, weights=values, minlength=k)
    rest = values - (sums / np.maximum(counts, 1))[codes]
    squares = np.bincount(codes, weights=rest**2, minlength=k)
    by_row = (1 - share) ** 2 * squares + share**2 * (squares.sum() - squares)
    usable = counts >= ROWS_LEVEL_MIN
    worst = _tail(sums, by_row, counts - 1)
    for groups in layout.units():
        firm = layout.firm or groups.binding
        p = _grouped_p(rest, codes, (sums, by_row, share), groups, firm=firm)
        worst = np.maximum(worst, p)
    return _least(worst[usable])


def _grouped_p(
    rest: np.ndarray,
    codes: np.ndarray,
    totals: tuple[np.ndarray, np.ndarray, np.ndarray],
    groups: Groups,
    *,
    firm: bool,
) -> np.ndarray:
    """P of each level when rows of one group move together."""
    sums, by_row, share = totals
    k = len(sums)
    spot = groups.codes * k + codes
    shape = (groups.count, k)
    inner = np.bincount(spot, weights=rest, minlength=groups.count * k).reshape(shape)
    counts = np.bincount(spot, minlength=groups.count * k).reshape(shape).astype(float)
    moved = inner - share * inner.sum(1, keepdims=True)
    units = _effective(counts)
    strict = groups.binding and _constant(counts)
    dof = np.minimum(units - 1, groups.count - k)
    variance = (moved**2).sum(0) * units / np.maximum(units - 1, 0.5)
    return _judge(sums, by_row, variance, dof, strict, firm=firm)


def _judge(
    sums: np.ndarray,
    by_row: np.ndarray,
    variance: np.ndarray,
    dof: np.ndarray,
    strict: bool,
    *,
    firm: bool,
) -> np.ndarray:
    """P by groups; few groups that show no dependence say nothing, unless they are the units."""
    ratio = variance / np.maximum(by_row, 1e-300)
    safe = np.maximum(dof, 1)
    counts = (
        strict
        | (dof >= STEADY_DOF)
        | (ratio > 1 + (1.0 if firm else COARSE_SD) * np.sqrt(2 / safe))
    )
    steady = safe if firm else np.maximum(safe, COARSE_DOF)
    p = _tail(sums, np.maximum(variance, by_row), steady)
    p = np.where(dof < 3, 1.0, p) if strict else p
    return np.where(counts & (strict | (dof >= 1)), p, 0.0)


def _constant(counts: np.ndarray) -> bool:
    """The level is the same inside (nearly) every group, and levels repeat over groups."""
    sizes = counts.sum(1)
    several = sizes > 1
    if not several.any() or len(counts) <= counts.shape[1]:
        return False
    return bool((counts.max(1)[several] == sizes[several]).mean() >= CONSTANT_SHARE)


def _product_p(x: np.ndarray, y: np.ndarray, layout: Layout) -> float:
    """P of the sum of products when neighbours or group members move together."""
    x, y = x - x.mean(), y - y.mean()
    total = x @ y
    size = x @ x
    if size <= 0:
        return 1.0
    products = x * (y - total / size * x)
    by_row = np.array([products @ products])
    worst = _tail(np.array([total]), by_row, np.array([max(len(x) - 2.0, 1.0)]))
    for groups in layout.units():
        moved = np.bincount(groups.codes, weights=products, minlength=groups.count)
        sizes = np.bincount(groups.codes, minlength=groups.count).astype(float)
        units = _effective(sizes[:, None])
        variance = np.array([moved @ moved]) * units / np.maximum(units - 1, 0.5)
        p = _judge(
            np.array([total]),
            by_row,
            variance,
            np.minimum(units, groups.count) - 2,
            False,
            firm=layout.firm or groups.binding,
        )
        worst = np.maximum(worst, p)
    return float(worst[0])


def _cells_p(left: np.ndarray, right: np.ndarray, counts: np.ndarray, groups: Groups) -> np.ndarray:
    """P of each cell of a cross table when rows of one group move together."""
    a, b = counts.shape
    n = counts.sum()
    size = groups.count
    spot = (groups.codes * a + left) * b + right
    cube = np.bincount(spot, minlength=size * a * b).reshape(size, a, b).astype(float)
    rows, cols = counts.sum(1) / n, counts.sum(0) / n
    in_row, in_col = cube.sum(2), cube.sum(1)
    all_in = cube.sum((1, 2))
    moved = (
        cube
        - rows[None, :, None] * in_col[:, None, :]
        - cols[None, None, :] * in_row[:, :, None]
        + np.outer(rows, cols)[None] * all_in[:, None, None]
    )
    total = counts - n * np.outer(rows, cols)
    moved -= total[None] * (all_in / n)[:, None, None]
    units = np.minimum(_effective(in_row)[:, None], _effective(in_col)[None, :])
    strict = groups.binding and _constant(in_row) and _constant(in_col)
    variance = (moved**2).sum(0) * units / np.maximum(units - 1, 0.5)
    by_row = n * np.outer(rows * (1 - rows), cols * (1 - cols))
    return _judge(total, by_row, variance, units - 1, strict, firm=groups.binding)


def _effective(counts: np.ndarray) -> np.ndarray:
    """How many groups of equal size would weigh as much: groups x levels -> levels."""
    return counts.sum(0) ** 2 / np.maximum((counts**2).sum(0), 1e-300)


def _kruskal(ranks: np.ndarray, codes: np.ndarray, k: int) -> tuple[float, float]:
    from scipy.stats import chi2

    n = len(ranks)
    total = ranks @ ranks
    if k < 2 or total <= 0 or n <= k:
        return 1.0, 0.0
    counts = np.bincount(codes, minlength=k)
    between = (np.bincount(codes, weights=ranks, minlength=k) ** 2 / np.maximum(counts, 1)).sum()
    levels = int((counts > 0).sum())
    statistic = (n - 1) * between / total
    effect = max(0.0, (statistic - levels + 1) / (n - levels)) if n > levels else 0.0
    return float(chi2.sf(statistic, max(levels - 1, 1))), float(effect)


def _chi_squared(counts: np.ndarray, n: int) -> tuple[float, float]:
    from scipy.stats import chi2

    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    a, b = counts.shape
    if min(a, b) < 2:
        return 1.0, 0.0
    expected = np.outer(counts.sum(1), counts.sum(0)) / n
    statistic = ((counts - expected) ** 2 / expected).sum()
    dof = (a - 1) * (b - 1)
    phi = max(0.0, statistic / n - dof / (n - 1))
    narrow = min(a - (a - 1) ** 2 / (n - 1), b - (b - 1) ** 2 / (n - 1)) - 1
    return float(chi2.sf(statistic, dof)), float(np.sqrt(phi / narrow)) if narrow > 0 else 0.0


def _tail(total: np.ndarray, variance: np.ndarray, dof: np.ndarray) -> np.ndarray:
    from scipy.special import stdtr

    t = np.abs(total) / np.sqrt(np.maximum(variance, 1e-300))
    return np.minimum(1.0, 2 * stdtr(np.maximum(dof, 1), -t))


def _t_p(t: float, dof: float) -> float:
    from scipy.special import stdtr

    return float(min(1.0, 2 * stdtr(dof, -abs(t))))


def _least(p: np.ndarray) -> float:
    """The smallest p, paid for by how many there are."""
    if not len(p):
        return 1.0
    tried = len(p) if len(p) > 2 else 1  # two levels are one comparison
    return float(min(1.0, p.min() * tried))
