"""Tasks, their steps and open questions, as the pages list them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.kernel.records import OPEN, STEP, TASK, WAIT
from core.storage.database import Database

Row = sa.Row[Any]


def tasks(
    database: Database,
    org: str,
    *,
    state: str | None = None,
    operation: str | None = None,
    limit: int = 100,
) -> list[Row]:
    """The newest tasks of an organisation with their `cost_nusd`, `tokens` and `steps`.

    `state` is one of the kernel's, or "open" for everything that has not ended.
    """
    sums = sa.select(
        STEP.c.task_id,
        whole(STEP.c.cost_nusd).label("cost_nusd"),
        whole(STEP.c.tokens).label("tokens"),
        sa.func.count().label("steps"),
    )
    sums = sums.where(STEP.c.leaf, STEP.c.org_id == org).group_by(STEP.c.task_id).subquery()
    none = sa.literal(0)
    query = sa.select(
        TASK,
        sa.func.coalesce(sums.c.cost_nusd, none).label("cost_nusd"),
        sa.func.coalesce(sums.c.tokens, none).label("tokens"),
        sa.func.coalesce(sums.c.steps, none).label("steps"),
    ).outerjoin(sums, sums.c.task_id == TASK.c.id)
    query = query.where(TASK.c.org_id == org)
    if state:
        query = query.where(TASK.c.state.in_(OPEN if state == "open" else (state,)))
    if operation:
        query = query.where(TASK.c.operation == operation)
    return database.rows(query.order_by(TASK.c.created_at.desc()).limit(limit))


def whole(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The sum of `column` as an integer; PostgreSQL would make it a decimal."""
    return sa.cast(sa.func.sum(column), sa.BigInteger)


def steps(database: Database, task_id: str) -> list[Row]:
    """Every step of the task, in order."""
    return database.rows(sa.select(STEP).where(STEP.c.task_id == task_id).order_by(STEP.c.seq))


def waits(database: Database, org: str) -> list[Row]:
    """Open questions of the organisation, the most urgent first, with their `operation`."""
    query = sa.select(WAIT, TASK.c.operation).join(TASK, TASK.c.id == WAIT.c.task_id)
    query = query.where(TASK.c.org_id == org, WAIT.c.verdict.is_(None))
    return database.rows(query.order_by(WAIT.c.deadline_at))
