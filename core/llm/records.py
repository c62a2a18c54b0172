"""Prompt versions and their labels, batches at providers, and fetched web pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, new_id, now
from core.storage.row import Row


class Prompt(Row, table=True):
    """One version of a template. The same text is the same version."""

    __tablename__ = "llm_prompt"

    org_id: str = Field(primary_key=True)  # empty: shipped with the studio
    name: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)  # SHA-256 of the template
    version: int
    template: str
    owner: str = ""
    note: str = ""
    at: datetime = Field(default_factory=now, sa_type=Utc)


class PromptMove(Row, table=True):
    """A label was put on a version; the newest move of a label holds."""

    __tablename__ = "llm_prompt_move"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True)
    name: str = Field(index=True)
    label: str  # draft, live
    hash: str
    by: str = ""
    tests: dict[str, Any] | None = Field(
        default=None, sa_type=Json
    )  # name -> passed; None: rolled back
    number: int = 0  # of this label's moves, from 1
    at: datetime = Field(default_factory=now, sa_type=Utc)


class Batch(Row, table=True):
    """A batch (or a film) that a provider works on; a repeated act finds it by its key."""

    __tablename__ = "llm_batch"

    key: str = Field(primary_key=True)  # task:seq
    org_id: str = Field(index=True)
    provider: str
    model: str
    batch_id: str
    requests: int
    state: str = "running"  # running, ended
    at: datetime = Field(default_factory=now, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class Page(Row, table=True):
    """A web page as it was fetched: the bytes and the readable text are blobs."""

    __tablename__ = "llm_page"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True)
    task_id: str = Field(index=True)
    seq: int
    url: str
    landed_url: str  # after redirects
    title: str = ""
    media_type: str = ""
    hash: str = Field(index=True)  # SHA-256 of the bytes
    text_hash: str = ""
    size_bytes: int = 0
    at: datetime = Field(default_factory=now, sa_type=Utc)


PROMPT, PROMPT_MOVE, BATCH, PAGE = (
    SQLModel.metadata.tables[f"llm_{name}"] for name in ("prompt", "prompt_move", "batch", "page")
)
