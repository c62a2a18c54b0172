"""Where the money went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.governance.tasks import whole
from core.kernel.records import STEP, TASK
from core.ledger.records import USAGE
from core.storage.database import Database

BY = {
    "person": TASK.c.person_id,
    "operation": TASK.c.operation,
    "task": TASK.c.id,
    "day": sa.func.substr(sa.cast(STEP.c.started_at, sa.String), 1, 10),
    "step": STEP.c.kind,
}


def spend(
    database: Database, org: str, by: str = "operation", *, since: datetime | None = None
) -> list[sa.Row[Any]]:
    """Rows (`key`, `cost_nusd`, `tokens`, `steps`), dearest first. `by`: a key of BY, or model."""
    if by == "model":
        return _by_model(database, org, since)
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
    return database.rows(query.group_by(key).order_by(sa.desc("cost_nusd"), key))


def usage(database: Database, org: str, *, limit: int = 200) -> list[sa.Row[Any]]:
    """The newest usage rows: one a completion."""
    query = sa.select(USAGE).where(USAGE.c.org_id == org)
    return database.rows(query.order_by(USAGE.c.at.desc()).limit(limit))


def _by_model(database: Database, org: str, since: datetime | None) -> list[sa.Row[Any]]:
    key = (USAGE.c.provider + sa.literal(" ") + USAGE.c.model).label("key")
    tokens = USAGE.c.prompt_tokens + USAGE.c.completion_tokens
    query = sa.select(
        key,
        whole(USAGE.c.cost_nusd).label("cost_nusd"),
        whole(tokens).label("tokens"),
        sa.func.count().label("steps"),
    ).where(USAGE.c.org_id == org)
    if since:
        query = query.where(USAGE.c.at >= since)
    return database.rows(query.group_by(key).order_by(sa.desc("cost_nusd"), key))
