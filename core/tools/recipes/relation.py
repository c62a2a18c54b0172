# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Which measures move together, which categories go together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables, quote
from core.tools.evidence import Chart, Outcome
from core.tools.reading import Levels, Reading, named, read
from core.tools.sheet import PENDING_P, Sheet, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict, go_together, move_together
from core.tools.tool import DAY_S, tool

FLOOR = 0.1  # rho and V: the usual limit of a small effect
LEVELS_MAX = 12
ROWS_MIN = 20


class Relation(BaseModel):
    """Which measures to relate: two for a pair, one against all others, none for everything."""

    table: str
    measures: list[str] = Field(default_factory=list, description="Columns of numbers")


@tool(
    "relation",
    "Relate measures: which rise and fall together, and which categories go together.\n"
    "Answers: relate, related, relation, relationship, correlate, correlation, depend, depends, "
    "drives, driver, influence, affect, associated, connected, move together, link.",
    cache_ttl_s=DAY_S,
)
def relation(tables: Tables, params: Relation) -> Outcome:
    """Every pair is tested, with rows taken as dependent as the data shows they may be."""
    sheet = Sheet("relation", params, tables)
    reading = read(tables, params.table)
    for note in reading.notes:
        sheet.note(note)
    asked = [reading.measure_names(name)[0] for name in params.measures]
    for left, right in _pairs(reading, asked):
        known = ~np.isnan(reading.measures[left]) & ~np.isnan(reading.measures[right])
        if known.sum() < ROWS_MIN:
            continue
        verdict = move_together(
            reading.measures[left][known], reading.measures[right][known],
            reading.layout.keep(known),
        )  # fmt: skip
        name = sheet.test(f"{left} with {right}", "Spearman", verdict, "rho", FLOOR)
        if verdict.p <= PENDING_P or len(asked) > 1:
            _write_pair(sheet, reading, (left, right), name, verdict)
    if not asked:
        _categories(sheet, reading)
    return sheet.outcome()


def _pairs(reading: Reading, asked: list[str]) -> list[tuple[str, str]]:
    if len(asked) > 1:
        return list(combinations(dict.fromkeys(asked), 2))
    pairs = combinations(reading.measure_names(None), 2)
    if not asked:
        return list(pairs)
    return [(asked[0], other) for other in reading.measure_names(None) if other != asked[0]]


def _categories(sheet: Sheet, reading: Reading) -> None:
    names = [n for n in reading.dimension_names([]) if len(reading.levels(n).names) <= LEVELS_MAX]
    for left, right in combinations(names, 2):
        a, b = reading.levels(left), reading.levels(right)
        if _nested(a, b) or _nested(b, a):
            sheet.note(f"{spoken(left)} and {spoken(right)} are levels of one hierarchy.")
            continue
        verdict = go_together(a.codes, b.codes, reading.layout)
        name = sheet.test(f"{left} with {right}", "Cramer's V", verdict, "V", FLOOR)
        if verdict.p <= PENDING_P:
            _write_categories(sheet, reading.table, (left, right), name, verdict)


def _nested(inner: Levels, outer: Levels) -> bool:
    pairs = len(np.unique(inner.codes * len(outer.names) + outer.codes))
    return pairs == len(inner.names)


def _write_pair(
    sheet: Sheet, reading: Reading, pair: tuple[str, str], test: str, verdict: Verdict
) -> None:
    left, right = pair
    x, y = quote(left), quote(right)
    known = f"{x} IS NOT NULL AND {y} IS NOT NULL"
    rho = sheet.ask(
        f"Rank correlation of {spoken(left)} and {spoken(right)}",
        f"""WITH ranked AS (
  SELECT rank() OVER (ORDER BY {x}) + (count(*) OVER (PARTITION BY {x}) - 1) / 2 AS left_rank,
         rank() OVER (ORDER BY {y}) + (count(*) OVER (PARTITION BY {y}) - 1) / 2 AS right_rank
  FROM {quote(reading.table)}
  WHERE {known}
)
SELECT count(*) AS "rows", round(corr(left_rank, right_rank), 9) AS rho FROM ranked""",
    )
    tenths = sheet.ask(
        f"{opening(right)} by tenths of {spoken(left)}",
        f"""WITH tenths AS (
  SELECT ntile(10) OVER (ORDER BY {x}, {y}) AS tenth, {x} AS x, {y} AS y
  FROM {quote(reading.table)}
  WHERE {known}
)
SELECT tenth, favg(x) AS x, favg(y) AS y, count(*) AS "rows"
FROM tenths
GROUP BY tenth
ORDER BY tenth""",
    )
    ends = sheet.cell(tenths, "y", {"tenth": 1}), sheet.cell(tenths, "y", {"tenth": 10})
    if (ends[1] - ends[0]) * verdict.effect <= 0:
        return  # not one direction: a sentence about the ends would mislead
    way = "high" if verdict.effect > 0 else "low"
    unit = unit_of(right)
    sheet.finding(
        key_of(left, "with", right),
        f"High {{left}} goes with {way} {{right}}: {{low}} on average in the lowest tenth, "
        "{high} in the highest",
        details=["Their rank correlation is {rho} (one would be perfect, zero none)."],
        caveats=["Moving together does not say that one causes the other."],
        figures={
            "rho": figure(f"{opening(left)} with {spoken(right)}, rank correlation", rho, "rho",
                          decimals=2, sign=True),
            "low": figure(f"{opening(right)}, lowest tenth of {spoken(left)}", tenths, "y",
                          where={"tenth": 1}, unit=unit),
            "high": figure(f"{opening(right)}, highest tenth of {spoken(left)}", tenths, "y",
                           where={"tenth": 10}, unit=unit),
        },
        names={"left": spoken(left), "right": spoken(right)},
        tests=[test],
        chart=Chart(
            kind="scatter", title=f"{opening(right)} by tenths of {spoken(left)}", query=tenths,
            x="x", y=["y"], unit=unit, alt="One point a tenth of the rows.",
        ),
        weight=min(0.8, 0.2 + abs(verdict.effect)),
    )  # fmt: skip


def _write_categories(
    sheet: Sheet, table: str, pair: tuple[str, str], test: str, verdict: Verdict
) -> None:
    left, right = pair
    query = sheet.ask(
        f"{opening(left)} with {spoken(right)}, rows and what independence would give",
        f"""WITH cells AS (
  SELECT {named(left)} AS left_value, {named(right)} AS right_value, count(*) AS "rows"
  FROM {quote(table)}
  GROUP BY 1, 2
), expected AS (
  SELECT *,
         sum("rows") OVER (PARTITION BY left_value) * sum("rows") OVER (PARTITION BY right_value)
         / sum("rows") OVER () AS expected
  FROM cells
)
SELECT left_value || ', ' || right_value AS pair, left_value, right_value, "rows", expected,
       "rows" / expected AS times,
       row_number() OVER (ORDER BY ("rows" - expected) / sqrt(expected) DESC, left_value,
                          right_value) AS rank
FROM expected
ORDER BY rank""",
    )
    where = {"rank": 1}
    sheet.finding(
        key_of(left, "with", right),
        "{left} and {right} go together: {left_value} with {right_value} is {times} as frequent "
        "as it would be by chance",
        caveats=["Going together does not say that one causes the other."],
        figures={
            "left_value": figure(opening(left), query, "left_value", where=where, style="text"),
            "right_value": figure(opening(right), query, "right_value", where=where, style="text"),
            "times": figure("Times expected", query, "times", where=where, unit="times"),
        },
        names={"left": opening(left), "right": spoken(right)},
        tests=[test],
        weight=min(0.6, 0.15 + verdict.effect / 2),
    )
