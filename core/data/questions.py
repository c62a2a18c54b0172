"""Questions a table can answer, worded from its own columns, the most interesting first."""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.data.tables import Tables, quote

if TYPE_CHECKING:
    from core.data.profile import ColumnProfile, Profile

MONEY = ("revenue", "sales", "turnover", "umsatz", "profit", "margin", "income", "amount")
OTHERS = ("total", "value", "orders", "cost", "spend", "price", "score", "rate")
GROUPS = ("region", "channel", "product", "category", "segment", "country", "team", "type")
PERIODS = (("quarter", 91.3), ("month", 30.4), ("week", 7.0), ("day", 1.0))
MEANS = re.compile(
    r"(^|[_\s])(price|rate|ratio|share|percent|pct|score|rating|margin|discount|average|avg|mean"
    r"|age|temperature)($|[_\s])"
)
SAYABLE = re.compile(r"[^\W_][\w .%/&()-]{0,39}")
CHANGE_MIN = 0.02  # a change below this is no story
FALLBACK = (
    "What stands out in this data?",
    "Are there any outliers?",
    "Where are values missing?",
)


def suggest(tables: Tables, profile: Profile) -> list[str]:
    """Three different questions; the first asks about a recent change, if there was one."""
    if not profile.rows:
        return []
    measures = _preferred(profile.of("measure"), (*MONEY, *OTHERS))
    groups = _preferred(profile.of("dimension"), GROUPS)
    times = [column for column in profile.of("time") if column.type in ("date", "datetime")]
    asked = list[str]()
    if measures and times:
        asked.append(_change(tables, profile.table, measures[0], times[0]))
    if groups:
        asked.append(_most(groups[0], measures))
    if len(measures) > 1:
        asked.append(f"What is related to {said(measures[-1 if len(measures) == 2 else 1].name)}?")
    if times and not measures:
        asked.append("How did the number of rows change over time?")
    if measures:
        asked.append(f"Are there outliers in {said(measures[0].name)}?")
    return [*dict.fromkeys([*asked, *FALLBACK])][:3]


def said(name: str) -> str:
    """The column's name as one says it: `net_revenue` and `netRevenue` are "net revenue"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
    words = [word if word.isupper() and len(word) < 6 else word.lower() for word in spaced.split()]
    return " ".join(words)


def _preferred(columns: Sequence[ColumnProfile], words: Sequence[str]) -> list[ColumnProfile]:
    """Those with names one can say, the ones people usually ask about first."""
    sayable = [column for column in columns if SAYABLE.fullmatch(column.name)]

    def rank(column: ColumnProfile) -> int:
        name = said(column.name).lower()
        return next((place for place, word in enumerate(words) if word in name), len(words))

    return sorted(sayable, key=rank)


def _most(group: ColumnProfile, measures: list[ColumnProfile]) -> str:
    name = said(group.name)
    if not measures:
        return f"Which {name} is the most frequent?"
    measure = said(measures[0].name)
    verb = "has the highest" if MEANS.search(measure) else "brings the most"
    return f"Which {name} {verb} {measure}?"


def _change(tables: Tables, table: str, measure: ColumnProfile, time: ColumnProfile) -> str:
    """Why it fell or rose in the last whole period; how it developed, if it hardly did."""
    name = said(measure.name)
    period = _period(tables, table, time)
    if period is None:
        return f"How did {name} develop?"
    how = "avg" if MEANS.search(name) else "sum"
    unit = f"date_trunc('{period}', {quote(time.name)})"
    last = f"date_trunc('{period}', max({quote(time.name)}) + INTERVAL 1 DAY)"
    grid = tables.query(
        f"SELECT {unit} AS period, {how}({quote(measure.name)}) AS value FROM {quote(table)}"
        f" WHERE {unit} < (SELECT {last} FROM {quote(table)})"
        " GROUP BY ALL ORDER BY period DESC LIMIT 2"
    )
    values = [row[1] for row in grid.rows if row[1] is not None]
    if len(values) < 2 or not values[1]:
        return f"How did {name} develop?"
    change = (values[0] - values[1]) / abs(values[1])
    if abs(change) < CHANGE_MIN:
        return f"How did {name} develop over the last {period}s?"
    return f"Why did {name} {'fall' if change < 0 else 'rise'} in the last {period}?"


def _period(tables: Tables, table: str, time: ColumnProfile) -> str | None:
    """The longest period of which the data spans at least three."""
    cell = quote(time.name)
    grid = tables.query(f"SELECT date_diff('day', min({cell}), max({cell})) FROM {quote(table)}")
    days = grid.rows[0][0] or 0
    return next((name for name, length in PERIODS if days + 1 >= 2.9 * length), None)
