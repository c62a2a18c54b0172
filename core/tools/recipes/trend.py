# ruff: noqa: S608 - every name and value in the SQL is quoted
"""Whether a measure drifts over time or stepped to another level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables, quote
from core.tools.evidence import Chart, Outcome
from core.tools.reading import Reading, adds_up, read
from core.tools.sheet import PENDING_P, Sheet, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict
from core.tools.statistics.rows import drift_p, in_time, step_p, with_rows
from core.tools.statistics.series import best_step, drift, places
from core.tools.timeline import Timeline, timeline
from core.tools.tool import DAY_S, tool

FLOOR = 0.25  # SD of the series over its whole time


class Trend(BaseModel):
    """What to follow over time; nothing named means every measure."""

    table: str
    measure: str | None = Field(None, description="Column of numbers; empty for all")
    time: str | None = Field(None, description="Column of dates; empty to find it")


@tool(
    "trend",
    "Follow a measure over time: does it rise, fall or step to another level.\n"
    "Answers: trend, over time, develop, evolve, growing, rising, falling, history, timeline, "
    "month by month, since, long-term, direction, shift.",
    cache_ttl_s=DAY_S,
)
def trend(tables: Tables, params: Trend) -> Outcome:
    """Drift and step of every measure are tested against the series' own memory."""
    sheet = Sheet("trend", params, tables)
    reading = read(tables, params.table, params.time)
    for note in reading.notes:
        sheet.note(note)
    line = timeline(reading)
    if line is None:
        sheet.note("There is no column of dates with enough of them, so nothing to follow.")
        return sheet.outcome()
    for measure in reading.measure_names(params.measure):
        for total in _ways(reading, line, measure):
            _follow(sheet, reading, line, measure, total, asked=params.measure is not None)
    return sheet.outcome()


def _ways(reading: Reading, line: Timeline, measure: str) -> list[bool]:
    """Averages always; totals as well where adding up means something else than averaging."""
    values = reading.measures[measure]
    if line.one_each or not adds_up(measure, values):
        return [False]
    return [True, False]


def _follow(
    sheet: Sheet, reading: Reading, line: Timeline, measure: str, total: bool, *, asked: bool
) -> None:
    values = (
        line.totals(reading.measures[measure]) if total else line.means(reading.measures[measure])
    )
    shape, (jump, at) = drift(values), best_step(values)
    if not total and not line.one_each:
        rows = in_time(reading.measures[measure], line.codes, reading.layout)
        shape = with_rows(shape, drift_p(rows))
        jump = with_rows(jump, step_p(rows, at) * len(places(len(values))))
    if total:
        parts = line.means(reading.measures[measure]), line.rows(reading.measures[measure])
        shape = _with_parts(shape, [drift(part) for part in parts])
        jump = _with_parts(jump, [best_step(part)[0] for part in parts])
    way = "total" if total else "average"
    names = [
        sheet.test(f"{way} {measure} drifts", "robust trend", shape, "SD", FLOOR),
        sheet.test(f"{way} {measure} steps", "robust step", jump, "SD", FLOOR),
    ]
    drifts = shape.p <= jump.p
    verdict, place = (shape, len(values) // 2) if drifts else (jump, at)
    if verdict.p <= PENDING_P or asked:
        split = line.date(place, total=total, values=reading.measures[measure])
        _write(sheet, reading, line, (measure, way), (verdict, names[not drifts], drifts, split))


def _with_parts(whole: Verdict, parts: list[Verdict]) -> Verdict:
    """A total moves beyond chance only if its rows' average or their number does."""
    return replace(whole, p=max(whole.p, min(part.p for part in parts)))


def _write(
    sheet: Sheet,
    reading: Reading,
    line: Timeline,
    what: tuple[str, str],
    found: tuple[Verdict, str, bool, str],
) -> None:
    measure, way = what
    verdict, test, drifts, split = found
    query = sheet.ask(
        f"{opening(way)} {spoken(measure)} per {line.grain}, before and since",
        _halves_sql(reading, line, measure, way, split),
    )
    change = sheet.cell(query, "change")
    if not change or np.sign(change) != np.sign(verdict.effect):
        return
    shown = sheet.ask(
        f"{opening(way)} {spoken(measure)} over time", _chart_sql(reading, line, measure, way)
    )
    word = ("rises" if change > 0 else "falls") if drifts else ("rose" if change > 0 else "fell")
    title = (
        f"{{measure}} {word} over time: {{before}} per {line.grain} at first, {{after}} later"
        if drifts
        else f"{{measure}} {word} to another level around {{date}}: from {{before}} to {{after}}"
    )
    unit = unit_of(measure)
    sheet.finding(
        key_of(way, measure, "drift" if drifts else "step"),
        title,
        details=[
            (
                f"The {way} per {line.grain} was {{before}} before {{date}} and {{after}} since, "
                "a change of {share}."
            )
        ],
        caveats=["A lasting change in the past does not have to go on."],
        figures={
            "before": figure(f"{opening(measure)} before", query, "before", unit=unit),
            "after": figure(f"{opening(measure)} since", query, "after", unit=unit),
            "share": figure(
                f"{opening(measure)}, change", query, "share", style="percent", scale=100, sign=True
            ),
            "date": figure("Split", query, "split", style="date"),
        },
        names={
            "measure": f"{opening(way)} {spoken(measure)}" if way == "average" else opening(measure)
        },
        tests=[test],
        chart=Chart(
            kind="line",
            title=f"{opening(way)} {spoken(measure)} over time",
            query=shown,
            x="period",
            y=["value"],
            unit=unit,
            alt="The measure from the first period to the last.",
        ),
        weight=min(0.8, 0.3 + abs(verdict.effect) / 4),
    )


def _halves_sql(reading: Reading, line: Timeline, measure: str, way: str, split: str) -> str:
    column, day = quote(measure), f"DATE '{split}'"
    value = f"fsum({column})" if way == "total" else f"favg({column})"
    return f"""WITH series AS (
  SELECT {line.bucket_sql} AS moment, {value} AS value
  FROM {quote(reading.table)}
  WHERE {column} IS NOT NULL AND {reading.moment} IS NOT NULL
  GROUP BY 1
)
SELECT {day} AS split,
       favg(value) FILTER (WHERE moment < {day}) AS before,
       favg(value) FILTER (WHERE moment >= {day}) AS after,
       after - before AS change, (after - before) / nullif(abs(before), 0) AS share
FROM series"""


def _chart_sql(reading: Reading, line: Timeline, measure: str, way: str) -> str:
    column = quote(measure)
    value = f"fsum({column})" if way == "total" else f"favg({column})"
    return f"""SELECT {line.label_sql} AS period, {value} AS value
FROM {quote(reading.table)}
WHERE {column} IS NOT NULL AND {reading.moment} IS NOT NULL
GROUP BY 1
ORDER BY 1"""
