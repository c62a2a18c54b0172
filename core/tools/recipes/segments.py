# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Which segments of a dimension stand out on a measure."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables, quote
from core.tools.evidence import Finding, Outcome
from core.tools.reading import Reading, named, read
from core.tools.sheet import PENDING_P, Sheet, bar, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict, levels_differ
from core.tools.tool import DAY_S, tool

FLOOR = 0.01  # epsilon squared: the usual limit of a small effect


class Segments(BaseModel):
    """What to compare; nothing named means every measure by every dimension."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty for all")
    dimensions: list[str] = Field(default_factory=list, description="Columns that split the rows")


@tool(
    "segments",
    "Compare segments: which values of a dimension have a higher or lower measure per row.\n"
    "Answers: which, segment, highest, lowest, best, worst, top, bottom, differ, difference, by, "
    "per, across, between, group, compare, versus, drives, depends, matter.",
    cache_ttl_s=DAY_S,
)
def segments(tables: Tables, params: Segments) -> Outcome:
    """Every measure by every dimension is tested; what may be real is written down."""
    sheet = Sheet("segments", params, tables)
    reading = read(tables, params.table)
    measures, dimensions = _columns(reading, params)
    for note in reading.notes:
        sheet.note(note)
    for measure in measures:
        values = reading.measures[measure]
        known = ~np.isnan(values)
        layout = reading.layout.keep(known)
        for dimension in dimensions:
            codes = reading.levels(dimension).codes[known]
            verdict = levels_differ(values[known], codes, layout)
            name = f"{measure} by {dimension}"
            sheet.test(name, "Kruskal-Wallis", verdict, "epsilon squared", FLOOR)
            if verdict.p <= PENDING_P or (params.measure and params.dimensions):
                _write(sheet, params.table, (measure, dimension), name, verdict)
    if not measures or not dimensions:
        sheet.note("There is no measure with a dimension to split it by.")
    return sheet.outcome()


def _columns(reading: Reading, params: Segments) -> tuple[list[str], list[str]]:
    return reading.measure_names(params.measure), reading.dimension_names(params.dimensions)


def _write(
    sheet: Sheet, table: str, what: tuple[str, str], test: str, verdict: Verdict
) -> Finding | None:
    measure, dimension = what
    query = sheet.ask(
        f"{opening(measure)} per row by {spoken(dimension)}", segment_sql(table, measure, dimension)
    )
    rows = sheet.rows(query)
    if len(rows) < 2:
        return None
    column = "median" if rows[0]["median"] != rows[-1]["median"] else "average"
    ordered = sorted(rows, key=lambda row: (-row[column], row["segment"]))
    top, bottom = ordered[0]["segment"], ordered[-1]["segment"]
    rank = f"{column}_rank"
    unit = unit_of(measure)
    about = "half of the rows lie below it" if column == "median" else "on average"
    return sheet.finding(
        key_of(measure, "by", dimension),
        "{measure} by {dimension}: highest in {top}, lowest in {bottom}",
        details=[
            (f"A typical row has {{top_value}} in {{top}} ({about}), "
            "against {bottom_value} in {bottom}.")
        ],
        caveats=["The difference may come from what else differs between the segments."],
        figures={
            "top": figure("Highest", query, "segment", where={rank: 1}, style="text"),
            "bottom": figure("Lowest", query, "segment", where={rank: len(rows)}, style="text"),
            "top_value": figure(
                f"{opening(measure)}, {column}, {top}",
                query, column, where={"segment": top}, unit=unit,
            ),
            "bottom_value": figure(
                f"{opening(measure)}, {column}, {bottom}",
                query, column, where={"segment": bottom}, unit=unit,
            ),
        },
        names={"measure": opening(measure), "dimension": spoken(dimension)},
        tests=[test],
        chart=bar(
            f"{opening(measure)} per row ({column}) by {spoken(dimension)}",
            query, "segment", column, [top], unit=unit,
            alt="One bar a segment; the highest is marked.",
        ),
        weight=min(0.9, 0.3 + verdict.effect),
    )  # fmt: skip


def segment_sql(table: str, measure: str, dimension: str) -> str:
    """SQL of rows, median and average of a measure by segment, ranked both ways."""
    return f"""WITH segments AS (
  SELECT {named(dimension)} AS segment, count(*) AS "rows",
         median({quote(measure)}) AS median, favg({quote(measure)}) AS average
  FROM {quote(table)}
  WHERE {quote(measure)} IS NOT NULL
  GROUP BY 1
)
SELECT *, row_number() OVER (ORDER BY median DESC, segment) AS median_rank,
       row_number() OVER (ORDER BY average DESC, segment) AS average_rank
FROM segments
ORDER BY median_rank"""
