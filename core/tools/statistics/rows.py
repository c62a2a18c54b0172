"""Drifts and steps of an average, read from single rows where rows of one date are not alike.

A series of few dates cannot show by itself that its level does not wander; its rows can. Where the
dates differ no more than their rows explain, every row is an observation; where they differ more
(or suspiciously less), nothing is read from rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from core.tools.statistics.association import Verdict, products_p
from core.tools.statistics.layout import Layout
from core.tools.statistics.ranks import normal_scores
from core.tools.statistics.series import drift, plain_step, step

ROWS_A_DATE_MIN = 2.0
ALIKE_P = 0.01
ORDERLY_P = 0.01
DATES_MIN = 8


@dataclass(frozen=True)
class Rows:
    """Known values in order of time with the number of their date, from 0 without gaps."""

    values: np.ndarray
    dates: np.ndarray
    layout: Layout

    def between(self, first: int, end: int) -> Rows:
        """The rows from date number `first` up to, but without, `end`; dates count from 0 again."""
        mask = (self.dates >= first) & (self.dates < end)
        return Rows(self.values[mask], self.dates[mask] - first, self.layout.keep(mask))


def in_time(values: np.ndarray, dates: np.ndarray, layout: Layout) -> Rows:
    """The rows that have a value and a date (-1 is none), in order of time."""
    use = (dates >= 0) & ~np.isnan(values)
    kept = layout.keep(use)
    order = np.argsort(dates[use], kind="stable")
    return Rows(
        values[use][order],
        np.unique(dates[use][order], return_inverse=True)[1].reshape(-1),
        _sorted(kept, order),
    )


def with_rows(found: Verdict, p: float) -> Verdict:
    """`found` in the series or `p` in its rows, whichever is clearer, paid for by trying both."""
    return replace(found, p=min(1.0, 2 * min(found.p, p)))


def drift_p(rows: Rows) -> float:
    """P that the rows' level does not rise or fall; one if rows cannot say."""
    points = _trusted(rows)
    return _p(rows, np.linspace(-0.5, 0.5, len(rows.values)), lambda values: drift(values, points))


def step_p(rows: Rows, start: int, *, plain: bool = False) -> float:
    """P that the rows' level does not change with date number `start`; one if rows cannot say.

    `plain` is a second opinion over few dates, as `plain_step` is.
    """
    after = (rows.dates >= start).astype(float)
    place = int(np.searchsorted(rows.dates, start))
    points = _trusted(rows)
    if plain:
        return _p(rows, after, lambda values: plain_step(values, place))
    return _p(rows, after, lambda values: step(values, place, points))


def _trusted(rows: Rows) -> float:
    """More than the dates, less than the rows: a level may wander a little from date to date."""
    return sqrt(len(rows.values) * (int(rows.dates[-1]) + 1)) if len(rows.values) else 0.0


def _p(rows: Rows, shape: np.ndarray, judge: Callable[[np.ndarray], Verdict]) -> float:
    n = len(rows.values)
    dates = int(rows.dates[-1]) + 1 if n else 0
    if dates < DATES_MIN or n < ROWS_A_DATE_MIN * dates or not np.ptp(shape):
        return 1.0
    scores = normal_scores(rows.values)
    more = _excess(scores, shape, rows.dates)
    if more is None:
        return 1.0
    groups = Layout(n, [], rows.layout.groups)  # the series itself takes care of neighbours
    return max(_raised(judge(rows.values).p, more), products_p(shape, scores, groups))


def _excess(scores: np.ndarray, shape: np.ndarray, dates: np.ndarray) -> float | None:
    """How many times more than their rows explain dates differ; None if not by chance."""
    from scipy.special import fdtr, fdtrc

    n, count = len(scores), int(dates[-1]) + 1
    x = shape - shape.mean()
    rest = scores - scores.mean() - (x @ scores) / (x @ x) * x
    sizes = np.bincount(dates)
    sums = np.bincount(dates, weights=rest)
    between = (sums**2 / sizes).sum()
    within = rest @ rest - between
    dof = count - 2, n - count
    if within <= 0 or dof[1] < DATES_MIN:
        return None
    ratio = (between / dof[0]) / (within / dof[1])
    if fdtrc(*dof, ratio) < ALIKE_P or fdtr(*dof, ratio) < ORDERLY_P:
        return None
    return max(1.0, ratio)


def _raised(p: float, times: float) -> float:
    """P if the variance were so many times larger."""
    from scipy.special import ndtr, ndtri

    return float(min(1.0, 2 * ndtr(ndtri(max(p, 1e-300) / 2) / sqrt(times))))


def _sorted(layout: Layout, order: np.ndarray) -> Layout:
    """The layout of the rows in another order."""
    place = np.empty(layout.n, dtype=np.int64)
    place[order] = np.arange(layout.n)
    groups = [replace(item, codes=item.codes[order]) for item in layout.groups]
    return Layout(layout.n, [place[item] for item in layout.orders], groups, layout.firm)
