"""A chart and its rows become marks to draw: the same numbers for Plotly, SVG and PPTX.

Nothing is computed here but geometry: where a waterfall's bars float, and where ticks stand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.insight.claims import write
from core.tools.evidence import Chart, Grid

MARKS_MAX = 24  # bars in one picture; all rows stay in the evidence
LEAST = 1e-290  # a smaller distance cannot be divided into ticks
FEW = 40  # points that may be large
COLUMNS_MAX = 60  # periods side by side; the latest are kept
PERIOD = re.compile(r"^\d{4}([- ]?(Q[1-4]|W?\d\d?)(-\d\d)?)?$")
DATE = re.compile(r"^\d{4}-\d\d(-\d\d)?([T ]\d\d:\d\d.*)?$")


@dataclass(frozen=True)
class Series:
    """One row of marks. `values` are the grid's own numbers; None leaves a gap."""

    name: str
    values: list[float | None]
    texts: list[str]  # the values as they are written beside the marks


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall, from `start` to `end`."""

    label: str
    start: float
    end: float
    text: str
    kind: Literal["total", "rise", "fall"]


@dataclass(frozen=True)
class Plot:
    """What to draw, whoever draws it."""

    kind: str  # a chart's kind, or "columns": bars over periods stand side by side
    title: str
    alt: str
    unit: str
    x_name: str
    x_kind: Literal["category", "date", "number"]
    x: list[Any]
    labels: list[str]
    series: list[Series]
    hot: frozenset[int] = field(default_factory=frozenset)  # positions in accent
    totals: frozenset[int] = field(default_factory=frozenset)  # of a waterfall: levels, not changes
    left_out: int = 0  # rows that the picture does not show

    @property
    def emphasised(self) -> bool:
        """Whether some marks matter more than the others."""
        return bool(self.hot) and len(self.hot) < len(self.labels)


def plot(chart: Chart, grid: Grid) -> Plot:
    """The chart's marks, in the grid's order. Rows without an x are left out."""
    at = grid.columns.index(chart.x)
    rows = [row for row in grid.rows if row[at] is not None]
    total = len(rows)
    totals = _totals(grid, rows) if chart.kind == "waterfall" else frozenset()
    kind = _drawn_as(chart, [row[at] for row in rows], levels=bool(totals))
    if kind == "columns":
        rows = rows[-COLUMNS_MAX:]
    elif kind in {"bar", "waterfall"}:
        rows = rows[:MARKS_MAX]
    x = [row[at] for row in rows]
    labels = _labels(x)
    wanted = set(chart.highlight)
    return Plot(
        kind=kind,
        title=chart.title,
        alt=chart.alt or chart.title,
        unit=chart.unit,
        x_name=words(chart.x),
        x_kind=_kind(x),
        x=x,
        labels=labels,
        series=[_series(grid, rows, name, chart.unit) for name in chart.y],
        hot=frozenset(
            i for i, value in enumerate(x) if str(value) in wanted or labels[i] in wanted
        ),
        totals=totals,
        left_out=total - len(rows),
    )


def steps(drawn: Plot) -> list[Step]:
    """The bars of a waterfall: each change starts where the one before ended."""
    bars: list[Step] = []
    level = 0.0
    for i, name in enumerate(drawn.labels):
        value = drawn.series[0].values[i] or 0.0
        text = drawn.series[0].texts[i]
        if i in drawn.totals:
            bars.append(Step(name, 0.0, value, text, "total"))
            level = value
        else:
            bars.append(Step(name, level, level + value, text, "rise" if value >= 0 else "fall"))
            level += value
    return bars


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers that cover low..high, about `count` of them."""
    if not math.isfinite(low) or not math.isfinite(high) or high - low < LEAST:
        high, low = (low + 1.0, low) if math.isfinite(low) else (1.0, 0.0)
    raw = (high - low) / max(1, count - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw), 10 * power)
    first = math.floor(low / step)
    return [(first + k) * step for k in range(math.ceil(high / step) - first + 1)]


def short(value: float, unit: str = "") -> str:
    """A tick's label: 1.2M, 350k, 40%. Only on axes; claims are never shortened so."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return write(round(value / size, 6), decimals=None) + letter
    return write(round(value, 9)) + (unit if unit == "%" else "")


def label(value: Any) -> str:
    """A category, date or number as it stands on an axis."""
    if isinstance(value, float):
        return write(value)  # whole numbers on an axis are years and ids: no separators
    return write(value, "date") if DATE.match(str(value)) else str(value)


def words(name: str) -> str:
    """A column's name as people read it."""
    return name.replace("_", " ").strip() or name


def extent(values: Sequence[float | None], *, zero: bool) -> tuple[float, float]:
    """The least and the largest value, zero included where bars stand on it."""
    real = [value for value in values if value is not None] or [0.0]
    return (min(0.0, *real), max(0.0, *real)) if zero else (min(real), max(real))


def _drawn_as(chart: Chart, x: list[Any], *, levels: bool) -> str:
    """A waterfall without levels is read best as bars from zero; periods as columns."""
    kind = "bar" if chart.kind == "waterfall" and not levels else chart.kind
    periods = len(chart.y) == 1 and x and all(PERIOD.match(label(value)) for value in x)
    return "columns" if kind == "bar" and periods else kind


def _labels(x: list[Any]) -> list[str]:
    """Each x as it stands on an axis; first days of months are their months."""
    made = [label(value) for value in x]
    if made and all(DATE.match(one) and one.endswith("-01") and len(one) == 10 for one in made):
        return [one[:7] for one in made]
    return made


def _series(grid: Grid, rows: list[list[Any]], name: str, unit: str) -> Series:
    at = grid.columns.index(name)
    values = [_number(row[at]) for row in rows]
    raw = [row[at] for row in rows]
    return Series(words(name), values, [write(value, unit=unit) for value in raw])


def _totals(grid: Grid, rows: list[list[Any]]) -> frozenset[int]:
    """Positions of the rows that a column called `kind` calls a total."""
    if "kind" not in grid.columns:
        return frozenset()
    at = grid.columns.index("kind")
    return frozenset(i for i, row in enumerate(rows) if row[at] == "total")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _kind(x: list[Any]) -> Literal["category", "date", "number"]:
    if x and all(isinstance(value, int | float) and not isinstance(value, bool) for value in x):
        return "number"
    if x and all(isinstance(value, str) and DATE.match(value) for value in x):
        return "date"
    return "category"
