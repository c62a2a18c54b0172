"""Hours that cost far more than their own history lets expect, and why.

An hour is compared with hours like it: the same time of day, one hour around it, on workdays or at
weekends, over two weeks. What runs only now and then is compared with the hours in which it ran.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.governance.alerts import News, known, whose
from core.governance.anomalies import history
from core.governance.anomalies.causes import Cause, Line, cause
from core.governance.anomalies.history import Series, hour_name
from core.governance.thresholds import money
from core.storage.database import Database, now

SPREADS = 5.0  # at this distance from the median, in usual deviations, an hour is unusual
CHANCE = 8.0  # tasks that come by chance pass Bernstein's bound in one of e^8 hours at most
TIMES = 2.0  # and the hour costs at least this many times the usual
HOURS_MIN = 8  # hours to compare with
AGE_MIN = timedelta(days=3)  # of a series; before that nobody knows what is usual
DENSE = 0.5  # a series that ran in fewer of the hours like this one runs now and then
Spender = tuple[str, str, str]  # organisation, person, operation
MAD = 1.4826  # makes a median absolute deviation a standard deviation
BLOCK_H = 6  # the same trouble is told once in so many hours


@dataclass(frozen=True)
class Finding:
    """An hour beyond chance: what is usual, and the hours that say so."""

    usual_nusd: int
    limit_nusd: int
    hours: tuple[str, ...]  # ordinary ones it was compared with


def judge(
    spent: Mapping[str, int], squares: Mapping[str, float], at: datetime, least_nusd: int
) -> Finding | None:
    """Whether the hour of `at` is beyond chance; None when it is not, or nobody can know.

    `spent` has nano-dollars of each hour with calls, `squares` the squared costs of its tasks.
    An hour that is not over yet may be judged: more spending can only make it stand out more.
    """
    this = hour_name(at)
    past = {name: nusd for name, nusd in spent.items() if name < this}
    if not past or _time(this) - _time(min(past)) < AGE_MIN:
        return None
    alike = _alike(at, _time(min(past)))
    if sum(name in past for name in alike) < DENSE * len(alike):
        alike = sorted(past)
    if len(alike) < HOURS_MIN:
        return None
    values = [past.get(name, 0) for name in alike]
    median = statistics.median(values)
    spread = MAD * statistics.median(abs(value - median) for value in values)
    away = max(SPREADS * max(spread, 0.1 * median), _by_chance(past, squares, alike), least_nusd)
    limit = max(median + away, TIMES * median)
    if spent.get(this, 0) <= limit:
        return None
    ordinary = tuple(name for name in alike if past.get(name, 0) <= limit)
    return Finding(round(median), round(limit), ordinary)


def find(database: Database, spender: Spender, least_nusd: int, at: datetime) -> News | None:
    """The alert of this hour's spend of a person on an operation, or of the organisation's.

    Widest first: all models together, since one may have replaced another; then each model.
    None when nothing stands out, or it was told in the last hours.
    """
    org_id, person, operation = spender
    own = Series(org_id, person, operation)
    keys = (_key(own, at), _key(Series(org_id), at))
    if history.spent_nusd(database, Series(org_id), at) < least_nusd or known(database, keys):
        return None
    if history.spent_nusd(database, own, at) >= least_nusd:
        models = [replace(own, model=model) for model in _models(database, own, at)]
        for series in (own, *models):
            if found := look(database, series, least_nusd, at):
                return _news(database, own, series, found, at)
    whole = Series(org_id)
    found = look(database, whole, least_nusd, at)
    return _news(database, whole, whole, found, at) if found else None


def look(
    database: Database, series: Series, least_nusd: int, at: datetime | None = None
) -> Cause | None:
    """Why the series' spend in the hour of `at` is beyond chance; None when it is not."""
    at = at or now()
    lines = history.lines(database, series, at)
    squares = history.bursts(database, series, at)
    found = judge(history.totals(lines), squares, at, least_nusd)
    return explain(lines, found, at) if found else None


def explain(lines: Sequence[Line], found: Finding, at: datetime) -> Cause:
    """What the hour of `at` has that the ordinary hours have not."""
    this, usual = hour_name(at), set(found.hours)
    return cause(
        [line for line in lines if line.hour == this],
        [line for line in lines if line.hour in usual],
        len(found.hours),
    )


def sentence(name: str, cause: Cause, at: datetime) -> str:
    """For people: "Ana spent $4.10 in the hour to 14:00 UTC, usually $0.30: 11x the calls."""
    ends = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    spent, usual = money("nusd", cause.now_nusd), money("nusd", cause.usual_nusd)
    reasons = [
        f"{_words(factor, cause)} ({part / cause.delta_nusd:.0%})"
        for factor, part in sorted(cause.parts.items(), key=lambda pair: -pair[1])
        if cause.delta_nusd and part / cause.delta_nusd >= 0.1
    ]
    why = ", ".join(reasons) or "many small causes"
    return f"{name} spent {spent} in the hour to {ends:%H:%M} UTC, usually {usual}: {why}."


def _words(factor: str, cause: Cause) -> str:
    times = cause.times.get(factor)
    said = "" if times is None else f"{times:.0f}x" if times >= 9.5 else f"{times:.1f}x"
    if factor == "cache":
        return "caches answer less"
    if times is None or times < 1.05:  # a new kind of call, or one group outweighed by others
        return {"volume": "more calls", "tokens": "longer calls", "price": "dearer models"}[factor]
    words = {"volume": "the calls", "tokens": "the tokens a call", "price": "the price a token"}
    return f"{said} {words[factor]}"


def _news(database: Database, told: Series, series: Series, found: Cause, at: datetime) -> News:
    scope = f"person:{told.person}" if told.person else f"org:{told.org_id}"
    title = sentence(whose(database, scope), found, at)
    about = {
        "hour": hour_name(at),
        "person": series.person,
        "operation": series.operation,
        "model": series.model,
        "spent": found.now_nusd,
        "usual": found.usual_nusd,
        "delta": found.delta_nusd,
        "first": found.first,
        "parts": found.parts,
        "times": {name: round(value, 3) for name, value in found.times.items()},
        "by": {name: _top(members) for name, members in found.by.items()},
    }
    return News(told.org_id, _key(told, at), "anomaly", "warning", scope, title, about)


def _top(members: Sequence[tuple[str, int]], most: int = 5) -> list[dict[str, object]]:
    """The members that moved it most, as JSON; the rest in one line, so that all add up."""
    ranked = sorted(members, key=lambda pair: -abs(pair[1]))
    rows: list[dict[str, object]] = [{"name": name, "nusd": nusd} for name, nusd in ranked[:most]]
    if len(ranked) > most:
        rows.append({"name": "", "nusd": sum(nusd for _, nusd in ranked[most:])})
    return rows


def _models(database: Database, series: Series, at: datetime) -> list[str]:
    found = history.models(database, series, at)
    return found if len(found) > 1 else []  # one model is all models together


def _key(series: Series, at: datetime) -> str:
    block = f"{at:%Y-%m-%d} {at.hour // BLOCK_H}"
    return f"anomaly {series.org_id} {series.person} {series.operation} {block}"


def _alike(at: datetime, since: datetime) -> list[str]:
    """The names of the hours before that of `at` which are like it, from `since` on."""
    this = _time(hour_name(at))
    near = [
        this - timedelta(days=day) + timedelta(hours=hour)
        for day in range(1, history.DAYS + 1)
        for hour in (-1, 0, 1)
        if _is_weekend(this - timedelta(days=day)) == _is_weekend(this)
    ]
    return [hour_name(time) for time in near if since <= time < this]


def _is_weekend(at: datetime) -> bool:
    return at.weekday() >= 5


def _time(name: str) -> datetime:
    return datetime.strptime(name, "%Y-%m-%d %H").replace(tzinfo=UTC)


def _by_chance(
    spent: Mapping[str, int], squares: Mapping[str, float], alike: Sequence[str]
) -> float:
    """How far above its mean an hour gets when the usual tasks happen to come together.

    The hours with the most are left out: what was odd before is no measure of the usual.
    """
    ranked = sorted(alike, key=lambda name: squares.get(name, 0.0))
    kept = ranked[: len(ranked) - max(1, len(ranked) // 50)]
    square = sum(squares.get(name, 0.0) for name in kept)
    total = sum(spent.get(name, 0) for name in kept)
    task = square / total if total else 0.0  # what a usual task costs
    return math.sqrt(2 * CHANCE * square / len(kept)) + CHANCE * task / 3
