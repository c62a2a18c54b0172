"""Where the money went."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.governance.tasks import whole
from core.kernel.records import OPEN, STEP, TASK
from core.ledger.records import USAGE
from core.storage.database import Database

BY = {
    "person": TASK.c.person_id,
    "operation": TASK.c.operation,
    "task": TASK.c.id,
    "day": sa.func.substr(sa.cast(STEP.c.started_at, sa.String), 1, 10),
    "step": STEP.c.kind,
}
_named = sa.case(
    (USAGE.c.model.contains("/"), USAGE.c.model),
    else_=USAGE.c.provider + sa.literal(" ") + USAGE.c.model,
)
# What completions say of themselves; steps that used no model are not in these.
BY_USE = {
    "model": _named,
    "provider": USAGE.c.provider,
    "use_case": USAGE.c.use_case,
    "variant": sa.case(
        (USAGE.c.variant != "", USAGE.c.use_case + sa.literal(" ") + USAGE.c.variant), else_=""
    ),
    "prompt": USAGE.c.prompt_hash,
    "kind": USAGE.c.kind,
}
WAYS = (*BY, *BY_USE, "unit")
REST = "other"  # cost that no kind of unit was named for
TOKENS = USAGE.c.prompt_tokens + USAGE.c.completion_tokens
UNIT_TOKENS = {
    "input": USAGE.c.prompt_tokens - USAGE.c.cached_tokens - USAGE.c.cache_write_tokens,
    "output": USAGE.c.completion_tokens - USAGE.c.reasoning_tokens,
    "cached": USAGE.c.cached_tokens,
    "cache_write": USAGE.c.cache_write_tokens,
    "reasoning": USAGE.c.reasoning_tokens,
}


class Spent(NamedTuple):
    """One line of spend."""

    key: str
    cost_nusd: int
    tokens: int
    steps: int


def spend(
    database: Database, org: str, by: str = "operation", *, since: datetime | None = None
) -> list[Spent]:
    """What each `by`, one of WAYS, has cost; dearest first."""
    if by == "unit":
        return _by_unit(database, org, since)
    if by in BY_USE:
        return _by_use(database, org, BY_USE[by].label("key"), since)
    key = BY[by].label("key")
    query = sa.select(
        key,
        whole(STEP.c.cost_nusd).label("cost_nusd"),
        whole(STEP.c.tokens).label("tokens"),
        sa.func.count().label("steps"),
    ).join(TASK, TASK.c.id == STEP.c.task_id)
    query = query.where(STEP.c.org_id == org, STEP.c.leaf)
    if since:
        query = query.where(STEP.c.started_at >= since)
    rows = database.rows(query.group_by(key).order_by(sa.desc("cost_nusd"), key))
    return [Spent(*row) for row in rows]


def running(database: Database, org: str) -> list[sa.Row[Any]]:
    """What each unfinished task has cost so far and holds for steps that run, dearest first.

    Rows (id, operation, input, created_at, cost_nusd, held_nusd, tokens).
    """
    held = STEP.c.estimate["nusd"].as_string()
    held = sa.case((STEP.c.state == "running", sa.cast(held, sa.BigInteger)), else_=0)
    cost = whole(sa.func.coalesce(STEP.c.cost_nusd, 0)).label("cost_nusd")
    query = sa.select(
        TASK.c.id,
        cost,
        sa.func.coalesce(whole(held), 0).label("held_nusd"),
        whole(sa.func.coalesce(STEP.c.tokens, 0)).label("tokens"),
    ).outerjoin(STEP, sa.and_(STEP.c.task_id == TASK.c.id, STEP.c.leaf))
    query = query.where(TASK.c.org_id == org, TASK.c.state.in_(OPEN)).group_by(TASK.c.id)
    sums = query.subquery()
    about = (TASK.c.operation, TASK.c.input, TASK.c.created_at)
    query = sa.select(sums, *about).join(TASK, TASK.c.id == sums.c.id)
    return database.rows(query.order_by(sums.c.cost_nusd.desc(), TASK.c.created_at))


def usage(database: Database, org: str, *, limit: int = 200) -> list[sa.Row[Any]]:
    """The newest usage rows: one a completion."""
    query = sa.select(USAGE).where(USAGE.c.org_id == org)
    return database.rows(query.order_by(USAGE.c.at.desc()).limit(limit))


def _by_use(
    database: Database, org: str, key: sa.Label[Any], since: datetime | None
) -> list[Spent]:
    query = sa.select(
        key,
        whole(USAGE.c.cost_nusd).label("cost_nusd"),
        whole(TOKENS).label("tokens"),
        sa.func.count().label("steps"),
    ).where(*_mine(org, since))
    rows = database.rows(query.group_by(key).order_by(sa.desc("cost_nusd"), key))
    return [Spent(*row) for row in rows]


def _by_unit(database: Database, org: str, since: datetime | None) -> list[Spent]:
    """Each completion's cost is split as its price was; what is not split is the rest's."""
    parts = sa.func.json_each if database.is_sqlite else sa.func.json_each_text
    part = parts(USAGE.c.breakdown).table_valued("key", "value")
    nusd = whole(sa.cast(part.c.value, sa.BigInteger)).label("nusd")
    split = sa.select(part.c.key.label("kind"), nusd, sa.func.count().label("steps")).select_from(
        USAGE.join(part, sa.true())
    )
    split = split.where(*_mine(org, since), USAGE.c.breakdown.is_not(None)).group_by(part.c.key)
    tokens = {kind: sa.func.coalesce(whole(n), 0) for kind, n in UNIT_TOKENS.items()}
    all_of = sa.select(
        sa.func.coalesce(whole(USAGE.c.cost_nusd), 0).label("cost_nusd"),
        sa.func.count().label("steps"),
        *(value.label(kind) for kind, value in tokens.items()),
    )
    whole_row = database.rows(all_of.where(*_mine(org, since)))[0]
    rows = [
        Spent(row.kind, row.nusd, getattr(whole_row, row.kind, 0), row.steps)
        for row in database.rows(split)
        if row.nusd
    ]
    rest = whole_row.cost_nusd - sum(row.cost_nusd for row in rows)
    shown = {row.key for row in rows}
    left = sum(getattr(whole_row, kind) for kind in UNIT_TOKENS if kind not in shown)
    if rest or left:
        rows.append(Spent(REST, rest, left, whole_row.steps))
    return sorted(rows, key=lambda row: (-row.cost_nusd, row.key))


def _mine(org: str, since: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [USAGE.c.org_id == org, *([USAGE.c.at >= since] if since else [])]
