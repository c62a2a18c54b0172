"""Which organisation was given which file. Bytes are stored once, under their hash."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.storage.database import Utc, now
from core.storage.row import Row


class SourceRow(Row, table=True):
    """A file an organisation may use: knowing the hash of another's file opens nothing."""

    __tablename__ = "storage_source"

    org_id: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    media_type: str
    size_bytes: int = Field(sa_type=sa.BigInteger)
    person_id: str = ""
    created_at: datetime = Field(default_factory=now, sa_type=Utc)


SOURCE = SQLModel.metadata.tables["storage_source"]
