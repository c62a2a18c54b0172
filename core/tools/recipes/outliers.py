# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Values far beyond what the data's own tail explains."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables, literal, quote
from core.tools.evidence import Outcome
from core.tools.reading import Reading, read
from core.tools.sheet import PENDING_P, Sheet, bar, figure, key_of, opening, unit_of
from core.tools.statistics.association import Verdict
from core.tools.statistics.tails import Tail, gap_in_tail
from core.tools.tool import DAY_S, tool

FLOOR = 1.5  # times further from the middle than the last ordinary value


class Outliers(BaseModel):
    """Where to look; nothing named means every measure."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty for all")


@tool(
    "outliers",
    "Find outliers: values far beyond what the data's own tail explains.\n"
    "Answers: outlier, outliers, unusual, odd, extreme, anomaly, anomalies, strange, suspicious, "
    "error, errors, spike.",
    cache_ttl_s=DAY_S,
)
def outliers(tables: Tables, params: Outliers) -> Outcome:
    """The widest gap in every measure's tail is tested."""
    sheet = Sheet("outliers", params, tables)
    reading = read(tables, params.table)
    for note in reading.notes:
        sheet.note(note)
    for measure in reading.measure_names(params.measure):
        values = reading.measures[measure]
        tail = gap_in_tail(values[~np.isnan(values)])
        verdict = Verdict(tail.p, tail.gap, tail.n)
        name = sheet.test(f"tail of {measure}", "Renyi spacings", verdict, "times further", FLOOR)
        if tail.count and (tail.p <= PENDING_P or params.measure):
            _write(sheet, reading, measure, tail, name)
    return sheet.outcome()


def _write(sheet: Sheet, reading: Reading, measure: str, tail: Tail, test: str) -> None:
    column, table = quote(measure), quote(reading.table)
    away = f"abs({column} - {literal(tail.middle)})"
    shown = [quote(name) for name in ([reading.time] if reading.time else [])]
    shown += [quote(name) for name in list(reading.dimensions)[:3]]
    more = "".join(f", CAST({name} AS VARCHAR) AS context_{i}" for i, name in enumerate(shown, 1))
    ties = "".join(f", {name}" for name in shown)
    query = sheet.ask(
        f"Values of {opening(measure)} furthest from the middle",
        f"""SELECT row_number() OVER (ORDER BY {away} DESC, {column}{ties}) AS rank,
       {column} AS value, {away} > {literal(tail.beyond)} AS outlier{more}
FROM {table}
WHERE {column} IS NOT NULL
ORDER BY rank
LIMIT 20""",
    )
    count = sheet.ask(
        f"How many values of {opening(measure)} are outliers",
        f"""SELECT count(*) FILTER (WHERE {away} > {literal(tail.beyond)}) AS outliers,
       count({column}) AS known, median({column}) AS middle
FROM {table}""",
    )
    if not sheet.cell(count, "outliers"):
        return
    unit = unit_of(measure)
    sheet.finding(
        key_of("outliers", measure),
        "{count} of {known} values of {measure} lie far outside: the furthest is {furthest}",
        details=["Half of the values lie below {middle}; the rest do not come near."],
        caveats=["An outlier may be an error or the most interesting row: look at it first."],
        figures={
            "count": figure("Outliers", count, "outliers"),
            "known": figure("Known values", count, "known"),
            "middle": figure(f"{opening(measure)}, median", count, "middle", unit=unit),
            "furthest": figure(
                f"{opening(measure)}, furthest", query, "value", where={"rank": 1}, unit=unit
            ),
        },
        names={"measure": opening(measure)},
        tests=[test],
        chart=bar(
            f"Values of {opening(measure)} furthest from the middle", query, "rank", "value",
            [str(i) for i in range(1, tail.count + 1)], unit=unit,
            alt="One bar a value, the furthest first.",
        ),
        weight=0.35,
    )  # fmt: skip
