# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Totals, averages and counts, whole or by segment: facts, no tests."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from core.data.tables import Tables, quote
from core.tools.evidence import Figure, Outcome
from core.tools.reading import adds_up, named, read
from core.tools.sheet import Sheet, bar, figure, key_of, opening, spoken, unit_of
from core.tools.tool import DAY_S, tool

Aggregate = Literal["sum", "mean", "median", "min", "max", "count"]
SQL = {"sum": "fsum", "mean": "favg", "median": "median", "min": "min", "max": "max"}
WORDS = {
    "sum": "total",
    "mean": "average",
    "median": "median",
    "min": "smallest",
    "max": "largest",
    "count": "number of",
}


class Total(BaseModel):
    """What to add up, and by what."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty counts rows")
    aggregate: Aggregate = "sum"
    dimension: str | None = Field(None, description="Column to split by; empty for one number")
    top: int = Field(10, ge=1, le=100, description="How many segments to show")


@tool(
    "total",
    "Total, average or count of a measure, whole or by segment, the largest first.\n"
    "Answers: how much, how many, total, sum, average, mean, median, count, number of, most, "
    "least, largest, smallest, top, bottom, ranking, which.",
    cache_ttl_s=DAY_S,
)
def total(tables: Tables, params: Total) -> Outcome:
    """One number, or the ranking of a dimension's segments; a description."""
    sheet = Sheet("total", params, tables)
    reading = read(tables, params.table)
    if params.measure and params.aggregate != "count":
        measure = reading.measure_names(params.measure)[0]
        value = f"{SQL[params.aggregate]}({quote(measure)})"
        words, unit = f"{WORDS[params.aggregate]} {spoken(measure)}", unit_of(measure)
        if params.aggregate == "sum" and not adds_up(measure, reading.measures[measure]):
            sheet.note(
                f"{spoken(measure)} reads like a rate or a level: its total may mean little."
            )
    else:
        measure, words, unit = "rows", "number of rows", ""
        value = "count(*)"
        if params.measure:
            words, measure = f"number of known {spoken(params.measure)}", params.measure
            value = f"count({quote(reading.measure_names(params.measure)[0])})"
    key = key_of(params.aggregate, measure)
    whole = sheet.ask(
        opening(words), f'SELECT {value} AS value, count(*) AS "rows" FROM {quote(params.table)}'
    )
    figures = {
        "value": figure(opening(words), whole, "value", unit=unit),
        "rows": figure("Rows", whole, "rows"),
    }
    if params.dimension is None:
        sheet.finding(
            key, "The {what} is {value}", details=["It covers {rows} rows."],
            figures=figures, names={"what": words}, weight=0.6,
        )  # fmt: skip
        return sheet.outcome()
    dimension = reading.dimension_names([params.dimension])[0]
    _by_segment(sheet, params, (dimension, value, words, unit), figures, key)
    return sheet.outcome()


def _by_segment(
    sheet: Sheet,
    params: Total,
    what: tuple[str, str, str, str],
    figures: dict[str, Figure],
    key: str,
) -> None:
    dimension, value, words, unit = what
    adding = params.aggregate in ("sum", "count")
    share = ",\n       value / nullif(sum(value) OVER (), 0) AS share" if adding else ""
    query = sheet.ask(
        f"{opening(words)} by {spoken(dimension)}",
        f"""WITH segments AS (
  SELECT {named(dimension)} AS segment, {value} AS value, count(*) AS "rows"
  FROM {quote(params.table)}
  GROUP BY 1
)
SELECT *, row_number() OVER (ORDER BY value DESC NULLS LAST, segment) AS rank{share}
FROM segments
ORDER BY rank
LIMIT {max(2, params.top)}""",
    )
    rows = sheet.rows(query)
    if not rows or rows[0]["value"] is None:
        return
    top = rows[0]["segment"]
    figures |= {
        "top": figure("Highest", query, "segment", where={"rank": 1}, style="text"),
        "top_value": figure(
            f"{opening(words)}, {top}", query, "value", where={"segment": top}, unit=unit
        ),
    }
    details = ["Over everything it is {value}."]
    if adding:
        figures["share"] = figure(
            f"Share, {top}", query, "share", where={"segment": top}, style="percent", scale=100
        )
        details = ["That is {share} of {value} in all."]
    if len(rows) > 1 and rows[1]["value"] is not None:
        second = rows[1]["segment"]
        figures["second"] = figure("Next", query, "segment", where={"rank": 2}, style="text")
        figures["second_value"] = figure(
            f"{opening(words)}, {second}", query, "value", where={"segment": second}, unit=unit
        )
        details.append("Next comes {second} with {second_value}.")
    sheet.finding(
        key_of(key, "by", dimension),
        "{top} has the highest {what} by {dimension}: {top_value}",
        details=details,
        figures=figures,
        names={"what": words, "dimension": spoken(dimension)},
        chart=bar(
            f"{opening(words)} by {spoken(dimension)}", query, "segment", "value", [top], unit=unit,
            alt="One bar a segment, the highest first.",
        ),
        weight=0.55,
    )  # fmt: skip
