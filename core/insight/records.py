"""Files that were landed, so that nobody waits for the same file twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, now
from core.storage.row import Row


class LandingRow(Row, table=True):
    """A file read with certain options: its Parquet blob, its landing and its profile."""

    __tablename__ = "insight_landing"

    org_id: str = Field(primary_key=True)
    source_hash: str = Field(primary_key=True)
    key: str = Field(primary_key=True)  # SHA-256 of the options and the reader's version
    parquet_hash: str
    landing: dict[str, Any] = Field(sa_type=Json)
    profile: dict[str, Any] | None = Field(default=None, sa_type=Json)
    created_at: datetime = Field(default_factory=now, sa_type=Utc)


LANDING = SQLModel.metadata.tables["insight_landing"]
