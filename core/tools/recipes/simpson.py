# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Whether a difference turns round once rows are compared like with like (Simpson's paradox)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables, literal, quote
from core.tools.evidence import Chart, Outcome
from core.tools.reading import Reading, named, read
from core.tools.sheet import PENDING_P, Sheet, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict, turned, within_strata
from core.tools.tool import DAY_S, tool

FLOOR = 0.1  # SD of ranks, the smaller of the two differences
LEVELS_MAX = 8
STRATA_MAX = 30
ROWS_MIN = 100


class Simpson(BaseModel):
    """Which difference to check; nothing named means every measure by every dimension."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty for all")
    dimension: str | None = Field(None, description="Column whose segments differ; empty for all")


@tool(
    "simpson",
    "Check for Simpson's paradox: does a difference turn round when compared like with like.\n"
    "Answers: simpson, paradox, confounder, confounded, misleading, mix, fair, like with like, "
    "really, adjusted, control, controlling.",
    cache_ttl_s=DAY_S,
)
def simpson(tables: Tables, params: Simpson) -> Outcome:
    """One test a measure and dimension, paid for by every segment and stratum tried."""
    sheet = Sheet("simpson", params, tables)
    reading = read(tables, params.table)
    for note in reading.notes:
        sheet.note(note)
    asked = [params.dimension] if params.dimension else []
    for measure in reading.measure_names(params.measure):
        for dimension in reading.dimension_names(asked):
            if len(reading.levels(dimension).names) > LEVELS_MAX:
                continue
            found, verdict = _strongest(reading, measure, dimension)
            name = sheet.test(
                f"{measure} by {dimension}, like with like", "Mantel-Haenszel", verdict,
                "SD of ranks", FLOOR,
            )  # fmt: skip
            if found is not None and verdict.p <= PENDING_P:
                _write(sheet, reading, found, name)
    return sheet.outcome()


@dataclass(frozen=True)
class Reversal:
    """`segment` against the rest of `dimension` turns round inside the values of `by`."""

    measure: str
    dimension: str
    segment: str
    by: str


def _strongest(reading: Reading, measure: str, dimension: str) -> tuple[Reversal | None, Verdict]:
    values = reading.measures[measure]
    known = ~np.isnan(values)
    values, layout = values[known], reading.layout.keep(known)
    item = reading.levels(dimension)
    codes = item.codes[known]
    tried = 1 if len(item.names) == 2 else len(item.names)
    others = [
        name
        for name in reading.dimension_names([])
        if name != dimension and len(reading.levels(name).names) <= STRATA_MAX
    ]
    best: tuple[Reversal | None, Verdict] = (None, Verdict(1.0, 0.0, len(values)))
    if len(values) < ROWS_MIN:
        return best
    for other in others:
        strata = reading.levels(other).codes[known]
        for level in turned(values, codes, strata)[:tried]:
            chosen = (codes == level).astype(float)
            whole, inside = within_strata(values, chosen, strata, layout)
            p = max(whole.p, inside.p) * len(others) * tried
            if whole.effect * inside.effect < 0 and p < best[1].p:
                effect = min(abs(whole.effect), abs(inside.effect))
                found = Reversal(measure, dimension, item.names[int(level)], other)
                best = (found, Verdict(p, effect, len(values)))
    return best


def _write(sheet: Sheet, reading: Reading, found: Reversal, test: str) -> None:
    rows = f"""  SELECT {named(found.by)} AS stratum, {quote(found.measure)} AS value,
         {named(found.dimension)} = {literal(found.segment)} AS chosen
  FROM {quote(reading.table)}
  WHERE {quote(found.measure)} IS NOT NULL"""
    strata = """strata AS (
  SELECT stratum, count(*) FILTER (WHERE chosen) AS chosen_rows,
         count(*) FILTER (WHERE NOT chosen) AS other_rows,
         favg(value) FILTER (WHERE chosen) AS chosen_average,
         favg(value) FILTER (WHERE NOT chosen) AS other_average
  FROM rows_of_both
  GROUP BY 1
)"""
    both = f"WITH rows_of_both AS (\n{rows}\n), {strata}\n"
    whole = sheet.ask(
        f"{opening(found.measure)}, {found.segment} against the rest, whole and like with like",
        f"""{both}SELECT {literal(found.segment)} AS segment,
       favg(value) FILTER (WHERE chosen) AS chosen_average,
       favg(value) FILTER (WHERE NOT chosen) AS other_average,
       chosen_average - other_average AS whole,
       (SELECT fsum((s.chosen_average - s.other_average) * s.chosen_rows * s.other_rows
                    / (s.chosen_rows + s.other_rows))
               / fsum(s.chosen_rows * s.other_rows / (s.chosen_rows + s.other_rows))
        FROM strata AS s WHERE s.chosen_rows > 0 AND s.other_rows > 0) AS inside
FROM rows_of_both""",
    )
    row = sheet.rows(whole)[0]
    if not row["whole"] or not row["inside"] or row["whole"] * row["inside"] > 0:
        return
    parts = sheet.ask(
        f"{opening(found.measure)} by {spoken(found.by)}, {found.segment} against the rest",
        f"{both}SELECT * FROM strata ORDER BY stratum",
    )
    first, second = ("higher", "lower") if row["whole"] > 0 else ("lower", "higher")
    unit = unit_of(found.measure)
    text = f"{opening(found.measure)}, {found.segment}"
    sheet.finding(
        key_of(found.measure, "by", found.dimension, "within", found.by),
        f"{{segment}} has {first} {{measure}} than the rest, but {second} within the same {{by}}",
        details=[
            ("Over all rows the difference is {whole}; like with like, inside each {by}, it is "
            "{inside}. The blend of {by} makes the first number.")
        ],
        caveats=["Which of the two numbers matters depends on what is to be decided."],
        figures={
            "segment": figure("Segment", whole, "segment", style="text"),
            "whole": figure(f"{text}, difference", whole, "whole", unit=unit, sign=True),
            "inside": figure(f"{text}, like with like", whole, "inside", unit=unit, sign=True),
        },
        names={"measure": spoken(found.measure), "by": spoken(found.by)},
        tests=[test],
        chart=Chart(
            kind="bar", title=f"{opening(found.measure)} by {spoken(found.by)}", query=parts,
            x="stratum", y=["chosen_average", "other_average"], unit=unit,
            alt="Two bars a stratum: the segment and the rest.",
        ),
        weight=0.65,
    )  # fmt: skip
