"""Rows of a table as series: the finest even grain its dates support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.tools.periods import label_sql
from core.tools.reading import Reading

POINTS_MIN = 16
COVERED_MIN = 0.5  # a grain is even when this share of its buckets has rows
CHART_POINTS_MAX = 60
GRAINS = {"hour": "M8[h]", "day": "M8[D]", "week": "M8[W]", "month": "M8[M]", "year": "M8[Y]"}
HOURS_SPAN_MAX = 15 * 24


@dataclass(frozen=True)
class Timeline:
    """Rows x bucket number (-1 where the date is missing), buckets in time order without gaps."""

    grain: str
    codes: np.ndarray
    first: np.datetime64  # the first bucket
    count: int
    one_each: bool  # no bucket has two rows
    bucket_sql: str  # SQL of the bucket's first day
    label_sql: str  # SQL of a period label that gives a readable chart

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Sum per bucket; a bucket without rows is zero."""
        use = (self.codes >= 0) & ~np.isnan(values)
        return np.bincount(self.codes[use], weights=values[use], minlength=self.count)

    def rows(self, values: np.ndarray) -> np.ndarray:
        """Known values per bucket."""
        use = (self.codes >= 0) & ~np.isnan(values)
        return np.bincount(self.codes[use], minlength=self.count).astype(float)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean per bucket that has rows."""
        use = (self.codes >= 0) & ~np.isnan(values)
        rows = np.bincount(self.codes[use], minlength=self.count)
        sums = np.bincount(self.codes[use], weights=values[use], minlength=self.count)
        return sums[rows > 0] / rows[rows > 0]

    def date(self, place: int, *, total: bool, values: np.ndarray) -> str:
        """The first day of the bucket at `place` in `totals` or `means`, as ISO text."""
        if not total:
            use = (self.codes >= 0) & ~np.isnan(values)
            place = int(np.unique(self.codes[use])[place])
        return str((self.first + place).astype("M8[D]"))


def timeline(reading: Reading) -> Timeline | None:
    """The table's timeline; None without dates or with fewer than POINTS_MIN of them."""
    if reading.moments is None or reading.moment is None:
        return None
    known = ~np.isnat(reading.moments)
    if not known.any():
        return None
    moments = reading.moments[known]
    grain = _grain(moments)
    buckets = moments.astype(GRAINS[grain])
    first = buckets.min()
    count = int((buckets.max() - first).astype(int)) + 1
    if count < POINTS_MIN:
        return None
    codes = np.full(reading.n, -1, dtype=np.int64)
    codes[known] = (buckets - first).astype(int)
    rows = np.bincount(codes[known], minlength=count)
    return Timeline(
        grain, codes, first, count, bool(rows.max() <= 1),
        _bucket_sql(reading.moment, grain), label_sql(reading.moment, _period(moments)),
    )  # fmt: skip


def _grain(moments: np.ndarray) -> str:
    span = int((moments.max() - moments.min()).astype("m8[h]").astype(int))
    for grain, unit in GRAINS.items():
        if grain == "hour" and span > HOURS_SPAN_MAX:
            continue
        found = np.unique(moments.astype(unit))
        size = int((found[-1] - found[0]).astype(int)) + 1
        if len(found) >= COVERED_MIN * size and len(found) >= POINTS_MIN:
            return grain
    return "month"


def _bucket_sql(moment: str, grain: str) -> str:
    if grain == "week":  # Thursdays to Wednesdays, as numpy's weeks are counted
        return f"CAST(date_trunc('week', {moment} - INTERVAL 3 DAY) + INTERVAL 3 DAY AS DATE)"
    if grain == "hour":
        return f"date_trunc('hour', {moment})"
    return f"CAST(date_trunc('{grain}', {moment}) AS DATE)"


def _period(moments: np.ndarray) -> str:
    days = int((moments.max() - moments.min()).astype("m8[D]").astype(int)) + 1
    for period, length in (("day", 1), ("week", 7), ("month", 30.4), ("quarter", 91.3)):
        if days / length <= CHART_POINTS_MAX:
            return period
    return "year"
