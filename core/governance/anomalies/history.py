"""The usage of the past weeks by hour, as the monitor compares it. Only reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.governance.anomalies.causes import Line
from core.governance.tasks import whole
from core.ledger.records import USAGE
from core.ledger.windows import starts_at
from core.storage.database import Database

DAYS = 14
HOUR = sa.func.substr(sa.cast(USAGE.c.at, sa.String), 1, 13)
PLAIN = USAGE.c.prompt_tokens - USAGE.c.cached_tokens - USAGE.c.cache_write_tokens
TOKENS = USAGE.c.prompt_tokens + USAGE.c.completion_tokens


@dataclass(frozen=True)
class Series:
    """Whose spend is watched; an empty field means everyone's or everything's."""

    org_id: str
    person: str = ""
    operation: str = ""
    model: str = ""

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The usage rows of the series."""
        here = [USAGE.c.org_id == self.org_id]
        if self.person:
            here.append(USAGE.c.person_id == self.person)
        if self.operation:
            here.append(USAGE.c.operation == self.operation)
        if self.model:
            here.append(USAGE.c.model == self.model)
        return here


def hour_name(at: datetime) -> str:
    """The hour `at` falls in, e.g. "2026-11-20 13"."""
    return at.strftime("%Y-%m-%d %H")


def spent_nusd(database: Database, series: Series, at: datetime) -> int:
    """What the series spent in the hour of `at` so far."""
    query = sa.select(whole(USAGE.c.cost_nusd).label("nusd")).where(*series.where(), *_in_hour(at))
    return int(database.rows(query)[0].nusd or 0)


def models(database: Database, series: Series, at: datetime) -> list[str]:
    """The models the series used in the hour of `at`."""
    query = sa.select(USAGE.c.model).where(*series.where(), *_in_hour(at)).distinct()
    return sorted(row.model for row in database.rows(query))


def lines(database: Database, series: Series, at: datetime) -> list[Line]:
    """Every hour of the past two weeks up to the one of `at`, equal calls together."""
    keys = [
        HOUR.label("hour"),
        USAGE.c.person_id,
        USAGE.c.operation,
        USAGE.c.model,
        USAGE.c.prompt_hash,
        USAGE.c.kind,
    ]
    calls = sa.case((USAGE.c.batch, USAGE.c.units), else_=1)  # a batch has one row for them all
    paid = sa.case((USAGE.c.cache_hit, 0), else_=calls)
    sums = {
        "calls": whole(calls),
        "paid": whole(paid),
        "tokens": whole(sa.case((USAGE.c.cache_hit, 0), (TOKENS > 0, TOKENS), else_=USAGE.c.units)),
        "cost": whole(USAGE.c.cost_nusd),
        "plain": whole(PLAIN),
        "cached": whole(USAGE.c.cached_tokens),
        "input_nusd": whole(_nusd("input")),
        "cached_nusd": whole(_nusd("cached")),
    }
    query = sa.select(*keys, *(value.label(name) for name, value in sums.items()))
    query = query.where(*series.where(), *_past(at)).group_by(*keys)
    return [_line(row) for row in database.rows(query)]


def bursts(database: Database, series: Series, at: datetime) -> dict[str, float]:
    """For each hour the sum of its tasks' squared costs: tasks come by chance, not calls."""
    cost = sa.cast(sa.func.sum(USAGE.c.cost_nusd), sa.Float).label("cost")
    hour = HOUR.label("hour")
    tasks = sa.select(hour, USAGE.c.task_id, cost).where(*series.where(), *_past(at))
    tasks = tasks.group_by(hour, USAGE.c.task_id).subquery()
    query = sa.select(tasks.c.hour, sa.func.sum(tasks.c.cost * tasks.c.cost).label("squares"))
    rows = database.rows(query.group_by(tasks.c.hour))
    return {row.hour: float(row.squares or 0) for row in rows}


def totals(found: list[Line]) -> dict[str, int]:
    """Nano-dollars of each hour that had any calls."""
    sums: dict[str, int] = defaultdict(int)
    for line in found:
        sums[line.hour] += line.cost_nusd
    return dict(sums)


def _in_hour(at: datetime) -> list[sa.ColumnElement[bool]]:
    start = starts_at("hour", at)
    return [USAGE.c.at >= start, USAGE.c.at < start + timedelta(hours=1)]


def _past(at: datetime) -> list[sa.ColumnElement[bool]]:
    start = starts_at("hour", at)
    return [USAGE.c.at >= start - timedelta(days=DAYS), USAGE.c.at < start + timedelta(hours=1)]


def _nusd(kind: str) -> sa.ColumnElement[int]:
    said = USAGE.c.breakdown[kind].as_string()
    return sa.func.coalesce(sa.cast(said, sa.BigInteger), sa.literal(0))


def _line(row: sa.Row[Any]) -> Line:
    each = row.input_nusd / row.plain if row.plain > 0 else 0.0
    saved = max(0, round(row.cached * each) - row.cached_nusd) if row.cached else 0
    about = (row.hour, row.person_id, row.operation, row.model, row.prompt_hash, row.kind)
    return Line(*about, row.calls, row.paid, row.tokens, row.cost, saved)
