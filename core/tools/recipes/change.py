"""Why a measure changed between two periods, and whether it changed at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from core.data.tables import Tables
from core.errors import Invalid
from core.tools.change_story import Story, tell
from core.tools.comparison import Comparison
from core.tools.evidence import Outcome
from core.tools.periods import choose, labels
from core.tools.reading import Reading, adds_up, read
from core.tools.sheet import PENDING_P, Sheet, spoken
from core.tools.statistics.association import Verdict
from core.tools.statistics.drill import Slice, carrier, opponent, weights
from core.tools.statistics.layout import stretched
from core.tools.statistics.rows import in_time, step_p, with_rows
from core.tools.statistics.series import plain_step, step, without_weekdays
from core.tools.timeline import Timeline, timeline
from core.tools.tool import DAY_S, tool

FLOOR = 0.2  # SD of the series at its own grain
DOUBT_P = 0.1  # against the period before alone; the history decides how sure it is
WEEKS_MIN = 8
PAST_MIN = 8


class Change(BaseModel):
    """What changed, and between which periods."""

    table: str
    measure: str = Field(description="Column of numbers")
    time: str | None = Field(None, description="Column of dates; empty to find it")
    period: Literal["day", "week", "month", "quarter", "year", "auto"] = "auto"
    current: str = Field(
        "last", description="last (the last complete one), previous, or a name: 2025 Q3, 2025-11"
    )
    dimensions: list[str] = Field(
        default_factory=list, description="Columns to look for the cause in; empty for all"
    )


@tool(
    "change",
    "Explain a change between periods: how much, beyond usual variation or not, and which "
    "segments it came from.\n"
    "Answers: why, change, changed, fall, fell, drop, decline, decrease, rise, rose, increase, "
    "growth, grow, compare, versus, last, quarter, month, week, year, cause, reason, because.",
    cache_ttl_s=DAY_S,
)
def change(tables: Tables, params: Change) -> Outcome:
    """The whole change and the slices that carry or oppose it are tested; parts add up to it."""
    sheet = Sheet("change", params, tables)
    reading = read(tables, params.table, params.time)
    measure = reading.measure_names(params.measure)[0]
    for note in reading.notes:
        sheet.note(note)
    if reading.moments is None or reading.moment is None or np.isnat(reading.moments).all():
        raise Invalid(
            f"{params.table!r} has no column of dates, so there are no periods to compare.",
            hint="Ask what differs between segments instead, or name the column of dates.",
        )
    known = ~np.isnat(reading.moments)
    wanted = choose(params.period, params.current, reading.moments[known])
    total = adds_up(measure, reading.measures[measure])
    comparison = Comparison(params.table, measure, reading.moment, wanted, total)
    if wanted.partial:
        sheet.note(f"The data ends inside a {wanted.period}; the last complete one was compared.")
    sheet.note(
        f"{spoken(measure)} was {'added up' if total else 'averaged over rows'} in each period."
    )
    tell(sheet, _look(sheet, reading, comparison, params.dimensions))
    return sheet.outcome()


def _look(sheet: Sheet, reading: Reading, comparison: Comparison, dimensions: list[str]) -> Story:
    """Everything that is tested, counted on the sheet."""
    measure, wanted = comparison.measure, comparison.wanted
    values = reading.measures[measure]
    period = np.full(reading.n, "", dtype="U10")
    known = ~np.isnat(reading.moments) if reading.moments is not None else np.zeros(0, bool)
    assert reading.moments is not None
    period[known] = labels(reading.moments[known], wanted.period)
    current, before = period == wanted.current, period == wanted.before
    parts = weights(values, current, before, total=comparison.total)
    size = before * (np.abs(np.nan_to_num(values)) if comparison.total else ~np.isnan(values))
    names = reading.dimension_names(dimensions)
    codes = {name: reading.levels(name).codes for name in names}
    line = timeline(reading)
    whole = _moved(reading, comparison, line, None)
    sign = np.sign(parts.sum())
    if np.sign(whole.effect) != sign:
        whole = Verdict(1.0, whole.effect, whole.n)
    story = Story(reading, comparison, float(parts.sum()), _main_dimension(parts, codes, sign))
    story.test = sheet.test(f"change of {measure}", "robust step", whole, "SD", FLOOR)
    story.verdict = whole
    if comparison.total and line is not None and not line.one_each:
        average = weights(values, current, before, total=False).sum()
        story.per_row = _per_row(sheet, story, line, float(average))
    for role, found in (
        ("carrier", carrier(parts, size, codes)),
        ("opponent", opponent(parts, size, codes)),
    ):
        verdict = _slice_verdict(reading, comparison, line, found)
        name = sheet.test(f"{role} of the change of {measure}", "robust step", verdict, "SD", FLOOR)
        if found is not None:
            story.slices[role] = (found, name, verdict)
    return story


def _per_row(sheet: Sheet, story: Story, line: Timeline, amount: float) -> Story | None:
    """The story of the average behind a total; None if the total's own is the clearer."""
    comparison = replace(story.comparison, total=False)
    verdict = _moved(story.reading, comparison, line, None)
    if np.sign(verdict.effect) != np.sign(amount):
        verdict = Verdict(1.0, verdict.effect, verdict.n)
    name = f"change of average {comparison.measure}"
    test = sheet.test(name, "robust step", verdict, "SD", FLOOR)
    if verdict.p > PENDING_P or verdict.p >= story.verdict.p:
        return None
    return Story(story.reading, comparison, amount, None, test, verdict)


def _slice_verdict(
    reading: Reading, comparison: Comparison, line: Timeline | None, found: Slice | None
) -> Verdict:
    if found is None:
        return Verdict(1.0, 0.0, reading.n)
    if not _had_a_past(comparison, line, found.rows):
        return Verdict(1.0, 0.0, reading.n)
    verdict = _moved(reading, comparison, line, found.rows)
    if np.sign(verdict.effect) != np.sign(found.change):
        return Verdict(1.0, verdict.effect, verdict.n)
    return Verdict(min(1.0, verdict.p * found.tried), verdict.effect, verdict.n)


def _had_a_past(comparison: Comparison, line: Timeline | None, rows: np.ndarray) -> bool:
    """The slice had rows before, and not only in a few stretches: it has a usual variation."""
    if line is None:
        return False
    buckets = np.bincount(line.codes[rows & (line.codes >= 0)], minlength=line.count) > 0
    now = labels(line.first + np.arange(line.count), comparison.wanted.period)
    past = buckets[: int((now == comparison.wanted.current).argmax())].astype(int)
    return bool(past.sum() >= PAST_MIN) and stretched(past) is None


def _moved(
    reading: Reading, comparison: Comparison, line: Timeline | None, rows: np.ndarray | None
) -> Verdict:
    """Whether the level in the current period differs from all before, and from the period before.

    The history says what variation is usual, so the p is against it; the period before must agree.
    """
    if line is None:
        return Verdict(1.0, 0.0, reading.n)
    values = reading.measures[comparison.measure]
    values = values if rows is None else np.where(rows, values, np.nan)
    series = line.totals(values) if comparison.total else line.means(values)
    place = _places(line, comparison, values)
    if comparison.total and line.grain == "day" and len(series) >= 7 * WEEKS_MIN:
        series = without_weekdays(series, 7)
    now, then = place == comparison.wanted.current, place == comparison.wanted.before
    if not now.any() or not then.any():
        return Verdict(1.0, 0.0, len(series))
    first, start, end = int(then.argmax()), int(now.argmax()), len(now) - int(now[::-1].argmax())
    history = step(series[:end], start)
    near = plain_step(series[first:end], start - first) if start - first >= 8 else history
    if not comparison.total and not line.one_each:
        single = in_time(values, line.codes, reading.layout)
        history = with_rows(history, step_p(single.between(0, end), start))
        near = with_rows(near, step_p(single.between(first, end), start - first, plain=True))
    if near.p > DOUBT_P or near.effect * history.effect <= 0 or abs(near.effect) < FLOOR:
        return Verdict(max(history.p, near.p), history.effect, history.n)
    return history


def _places(line: Timeline, comparison: Comparison, values: np.ndarray) -> np.ndarray:
    """The period of each point of the series."""
    buckets = np.arange(line.count)
    if not comparison.total:
        buckets = np.unique(line.codes[(line.codes >= 0) & ~np.isnan(values)])
    return labels(line.first + buckets, comparison.wanted.period)


def _main_dimension(parts: np.ndarray, codes: dict[str, np.ndarray], sign: float) -> str | None:
    """The dimension whose one segment carries most of the change; what a waterfall should show."""
    peaks = {
        name: float((sign * np.bincount(level, weights=parts)).max()) / np.sqrt(level.max() + 1)
        for name, level in codes.items()
    }
    return max(peaks, key=lambda name: (peaks[name], name)) if peaks else None
