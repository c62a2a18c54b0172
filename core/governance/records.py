"""An organisation's own policies, and what it was warned of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, new_id, now
from core.storage.row import Row


class Override(Row, table=True):
    """How an organisation changed the policy of a use case; the highest revision holds."""

    __tablename__ = "governance_override"

    org_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)  # of the use case
    revision: int = Field(primary_key=True)
    changes: dict[str, Any] | None = Field(default=None, sa_type=Json)  # None: taken back
    by: str
    at: datetime = Field(default_factory=now, sa_type=Utc)


class Alert(Row, table=True):
    """Something a person should know. `key` is unique, so the same thing is told once."""

    __tablename__ = "governance_alert"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True)
    key: str = Field(unique=True)
    kind: str  # threshold, anomaly, refusal, stop
    severity: str  # info, warning, critical
    scope: str = ""  # "person:ana"
    title: str
    cause: dict[str, Any] = Field(sa_type=Json)
    at: datetime = Field(default_factory=now, sa_type=Utc, index=True)
    seen_by: str = ""
    seen_at: datetime | None = Field(default=None, sa_type=Utc)
    send_at: datetime | None = Field(default=None, sa_type=Utc, index=True)  # next webhook try
    sent_at: datetime | None = Field(default=None, sa_type=Utc)
    tries: int = 0
    trouble: str = ""  # of the last try


OVERRIDE, ALERT = (SQLModel.metadata.tables[f"governance_{name}"] for name in ("override", "alert"))
