# ruff: noqa: S608 - every name and value in the SQL is quoted
"""How a measure's values are spread: facts, no tests."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.data.tables import Tables, quote
from core.tools.evidence import Chart, Outcome
from core.tools.reading import read
from core.tools.sheet import Sheet, figure, key_of, opening, unit_of
from core.tools.tool import DAY_S, tool


class Distribution(BaseModel):
    """What to describe; nothing named means every measure."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty for all")


@tool(
    "distribution",
    "Describe how a measure is spread: typical value, range, skew, histogram.\n"
    "Answers: distribution, spread, range, typical, histogram, variation, skew, percentile, "
    "quartile, minimum, maximum, shape.",
    cache_ttl_s=DAY_S,
)
def distribution(tables: Tables, params: Distribution) -> Outcome:
    """One description a measure."""
    sheet = Sheet("distribution", params, tables)
    reading = read(tables, params.table)
    for measure in reading.measure_names(params.measure):
        _describe(sheet, params.table, measure)
    return sheet.outcome()


def _describe(sheet: Sheet, table: str, measure: str) -> None:
    column, unit = quote(measure), unit_of(measure)
    query = sheet.ask(
        f"Spread of {opening(measure)}",
        f"""SELECT count({column}) AS known, count(*) - count({column}) AS missing,
       favg({column}) AS average, median({column}) AS median,
       quantile_cont({column}, 0.25) AS lower, quantile_cont({column}, 0.75) AS upper,
       min({column}) AS least, max({column}) AS most
FROM {quote(table)}""",
    )
    shown = sheet.ask(
        f"Histogram of {opening(measure)}",
        f"""WITH edges AS (
  SELECT min({column}) AS low, (max({column}) - min({column})) / 20 AS width FROM {quote(table)}
  WHERE isfinite({column})
), bins AS (
  SELECT least(19, CAST(floor(({column} - low) / nullif(width, 0)) AS INTEGER)) AS bin
  FROM {quote(table)}, edges
  WHERE isfinite({column})
)
SELECT any_value(low) + bin * any_value(width) AS "from",
       any_value(low) + (bin + 1) * any_value(width) AS "to", count(*) AS "rows"
FROM bins, edges
WHERE bin IS NOT NULL
GROUP BY bin
ORDER BY bin""",
    )
    labels = {
        "median": "median", "average": "average", "lower": "lower quartile",
        "upper": "upper quartile", "least": "smallest", "most": "largest",
    }  # fmt: skip
    figures = {
        name: figure(f"{opening(measure)}, {label}", query, name, unit=unit)
        for name, label in labels.items()
    }
    figures["known"] = figure(f"{opening(measure)}, known values", query, "known")
    figures["missing"] = figure(f"{opening(measure)}, missing values", query, "missing")
    sheet.finding(
        key_of("spread", measure),
        "Half of all values of {measure} lie between {lower} and {upper}",
        details=[
            "The median is {median}, the average {average}; values go from {least} to {most}.",
            "{known} values are known, {missing} are missing.",
        ],
        figures=figures,
        names={"measure": opening(measure)},
        chart=Chart(
            kind="histogram", title=f"Spread of {opening(measure)}", query=shown, x="from",
            y=["rows"], alt="One bar a range of values, as high as rows are many.",
        ),
        weight=0.25,
    )  # fmt: skip
