# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Whether values are missing by chance or with something else."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel

from core.data.tables import Tables, literal, quote
from core.tools.evidence import Outcome
from core.tools.reading import MISSING, Reading, named, read
from core.tools.sheet import PENDING_P, Sheet, bar, figure, key_of, opening, spoken
from core.tools.statistics.association import levels_differ, move_together
from core.tools.tool import DAY_S, tool

FLOOR = 0.01  # epsilon squared
RHO_FLOOR = 0.1
MISSING_MIN = 20


class Missingness(BaseModel):
    """Which table to check."""

    table: str


@tool(
    "missingness",
    "Check missing values: how many there are and whether they are missing with something else.\n"
    "Answers: missing, empty, blank, null, gaps, incomplete, complete, quality, unknown.",
    cache_ttl_s=DAY_S,
)
def missingness(tables: Tables, params: Missingness) -> Outcome:
    """Every column with missing values by every dimension and measure."""
    sheet = Sheet("missingness", params, tables)
    reading = read(tables, params.table)
    for note in reading.notes:
        sheet.note(note)
    if not reading.missing:
        sheet.note("No column has missing values.")
        return sheet.outcome()
    _counts(sheet, reading)
    for column, count in reading.missing.items():
        if MISSING_MIN <= count <= reading.n - MISSING_MIN:
            _column(sheet, reading, column)
    return sheet.outcome()


def _counts(sheet: Sheet, reading: Reading) -> None:
    names = list(reading.missing)
    parts = [
        f"SELECT {i} AS place, {literal(spoken(name))} AS name, "
        f'count(*) - count({quote(name)}) AS missing, count(*) AS "rows" '
        f"FROM {quote(reading.table)}"
        for i, name in enumerate(names)
    ]
    query = sheet.ask(
        "Missing values by column",
        'SELECT place, name, missing, missing / "rows" AS share FROM (\n'
        + "\nUNION ALL\n".join(parts)
        + "\n)\nORDER BY place",
    )
    worst = max(range(len(names)), key=lambda i: (reading.missing[names[i]], -i))
    where = {"place": worst}
    sheet.finding(
        "missing",
        "{share} of {column} is missing: {count} values",
        details=["No other column misses more."] if len(names) > 1 else [],
        figures={
            "share": figure(f"{opening(names[worst])}, missing", query, "share", where=where,
                            style="percent", scale=100),
            "count": figure(f"{opening(names[worst])}, missing values", query, "missing",
                            where=where),
        },
        names={"column": spoken(names[worst])},
        chart=bar("Missing values by column", query, "name", "missing", alt="One bar a column."),
        weight=0.2,
    )  # fmt: skip


def _gone(reading: Reading, column: str) -> np.ndarray:
    if column in reading.measures:
        return np.isnan(reading.measures[column])
    if column == reading.time and reading.moments is not None:
        return np.isnat(reading.moments)
    if column in reading.dimensions or column in reading.entities:
        item = reading.levels(column)
        return item.codes == (item.names.index(MISSING) if MISSING in item.names else -1)
    return np.zeros(reading.n, dtype=bool)


def _column(sheet: Sheet, reading: Reading, column: str) -> None:
    gone = _gone(reading, column)
    if not gone.any():
        return
    flags = gone.astype(float)
    for dimension in reading.dimension_names([]):
        if dimension == column:
            continue
        verdict = levels_differ(flags, reading.levels(dimension).codes, reading.layout)
        name = sheet.test(
            f"missing {column} by {dimension}", "Kruskal-Wallis", verdict, "epsilon squared", FLOOR
        )
        if verdict.p <= PENDING_P:
            _write(sheet, reading, column, dimension, name)
    for measure in reading.measure_names(None):
        known = ~np.isnan(reading.measures[measure])
        if measure == column or not gone[known].any():
            continue
        verdict = move_together(
            flags[known], reading.measures[measure][known], reading.layout.keep(known)
        )
        name = sheet.test(f"missing {column} with {measure}", "Spearman", verdict, "rho", RHO_FLOOR)
        if verdict.p <= PENDING_P:
            _write_measure(sheet, reading, column, measure, name)


def _write(sheet: Sheet, reading: Reading, column: str, dimension: str, test: str) -> None:
    query = sheet.ask(
        f"Missing {spoken(column)} by {spoken(dimension)}",
        f"""WITH segments AS (
  SELECT {named(dimension)} AS segment, count(*) AS "rows",
         count(*) - count({quote(column)}) AS missing, missing / count(*) AS share
  FROM {quote(reading.table)}
  GROUP BY 1
)
SELECT *, row_number() OVER (ORDER BY share DESC, segment) AS rank
FROM segments
ORDER BY rank""",
    )
    rows = sheet.rows(query)
    top, bottom = rows[0]["segment"], rows[-1]["segment"]
    sheet.finding(
        key_of("missing", column, "by", dimension),
        "{column} is missing most in {top}: {top_share}, against {bottom_share} in {bottom}",
        caveats=["Averages that leave missing values out speak less for {top}."],
        figures={
            "top": figure("Most missing", query, "segment", where={"rank": 1}, style="text"),
            "bottom": figure("Least missing", query, "segment", where={"rank": len(rows)},
                             style="text"),
            "top_share": figure(f"Missing, {top}", query, "share", where={"segment": top},
                                style="percent", scale=100),
            "bottom_share": figure(f"Missing, {bottom}", query, "share", where={"segment": bottom},
                                   style="percent", scale=100),
        },
        names={"column": opening(column)},
        tests=[test],
        chart=bar(f"Missing {spoken(column)} by {spoken(dimension)}", query, "segment", "missing",
                  [top], alt="One bar a segment."),
        weight=0.4,
    )  # fmt: skip


def _write_measure(sheet: Sheet, reading: Reading, column: str, measure: str, test: str) -> None:
    target, value = quote(column), quote(measure)
    query = sheet.ask(
        f"{opening(measure)} where {spoken(column)} is missing and where it is known",
        f"""SELECT favg({value}) FILTER (WHERE {target} IS NULL) AS missing,
       favg({value}) FILTER (WHERE {target} IS NOT NULL) AS known
FROM {quote(reading.table)}""",
    )
    sheet.finding(
        key_of("missing", column, "with", measure),
        "{column} is missing where {measure} is different: {missing} on average, {known} elsewhere",
        figures={
            "missing": figure(f"{opening(measure)}, {spoken(column)} missing", query, "missing"),
            "known": figure(f"{opening(measure)}, {spoken(column)} known", query, "known"),
        },
        names={"column": opening(column), "measure": spoken(measure)},
        tests=[test],
        weight=0.3,
    )
