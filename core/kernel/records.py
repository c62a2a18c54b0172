"""The kernel's tables. The pages read these and never the engine's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, now
from core.storage.row import Row

OPEN = ("queued", "running", "waiting")
ENDED = ("done", "failed", "cancelled", "expired")


class Task(Row, table=True):
    """One run of an operation. `input` never changes; a fork has its own row."""

    __tablename__ = "kernel_task"

    id: str = Field(primary_key=True)
    operation: str = Field(index=True)
    org_id: str = Field(index=True)
    person_id: str = Field(index=True)
    who: dict[str, Any] = Field(sa_type=Json)
    queue: str
    input: dict[str, Any] = Field(sa_type=Json)
    policy: dict[str, Any] | None = Field(default=None, sa_type=Json)  # as when it began
    trace: str = ""  # W3C traceparent of who asked for it
    parent_id: str | None = Field(default=None, index=True)
    forked_from: str | None = Field(default=None, index=True)
    forked_at: int | None = None  # steps before this one are the other task's
    state: str = Field(default="queued", index=True)
    leg: int = 1  # each answer starts a new leg: workflow `id.leg`
    events: int = 0  # the last number given
    output: dict[str, Any] | None = Field(default=None, sa_type=Json)
    error: dict[str, Any] | None = Field(default=None, sa_type=Json)
    created_at: datetime = Field(default_factory=now, sa_type=Utc)
    wake_at: datetime | None = Field(default=None, sa_type=Utc)  # the sweep starts it again after
    cancel_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class Step(Row, table=True):
    """One act. `seq` is also the engine's step id; `outcome` is what every replay returns."""

    __tablename__ = "kernel_step"

    task_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    org_id: str = Field(default="", index=True)
    parent_seq: int | None = None
    kind: str
    name: str
    leaf: bool = True  # a composite groups steps and never acts
    state: str  # running, waiting, done, failed, refused, cancelled, expired
    verdicts: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    estimate: dict[str, int] = Field(default_factory=dict, sa_type=Json)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=Json)
    cost_nusd: int = Field(default=0, sa_type=sa.BigInteger)
    tokens: int = Field(default=0, sa_type=sa.BigInteger)
    overrun_nusd: int = Field(default=0, sa_type=sa.BigInteger)
    started_at: datetime = Field(default_factory=now, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class Event(Row, table=True):
    """What a viewer sees, numbered from 1 per task without gaps."""

    __tablename__ = "kernel_event"

    task_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    org_id: str = ""
    type: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    at: datetime = Field(default_factory=now, sa_type=Utc)


class Wait(Row, table=True):
    """A question to a person. verdict: approved, rejected, expired, cancelled.

    `digest` is the hash of what was shown; an answer has to name it.
    """

    __tablename__ = "kernel_wait"

    task_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    org_id: str = Field(default="", index=True)
    question: str
    shows: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    digest: str = ""
    deadline_at: datetime = Field(sa_type=Utc, index=True)
    verdict: str | None = Field(default=None, index=True)
    by: str = ""
    at: datetime | None = Field(default=None, sa_type=Utc)


class Audit(Row, table=True):
    """Who was allowed or refused what, and what it cost. Governance chains these rows."""

    __tablename__ = "kernel_audit"

    id: int | None = Field(default=None, primary_key=True)
    org_id: str = Field(default="", index=True)
    task_id: str = Field(index=True)
    seq: int
    what: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    at: datetime = Field(default_factory=now, sa_type=Utc)


class Process(Row, table=True):
    """A live process; silent too long, another adopts its tasks."""

    __tablename__ = "kernel_process"

    id: str = Field(primary_key=True)
    beat_at: datetime = Field(default_factory=now, sa_type=Utc)


TASK, STEP, EVENT, WAIT, AUDIT, PROCESS = (
    SQLModel.metadata.tables[f"kernel_{name}"]
    for name in ("task", "step", "event", "wait", "audit", "process")
)
