"""What the safety rules found, blocked or let pass, and what a reviewer said of it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, new_id, now
from core.storage.row import Row


class Violation(Row, table=True):
    """One finding in a text or an image. `content` is an excerpt, redacted before it is stored."""

    __tablename__ = "safety_violation"

    id: str = Field(default_factory=new_id, primary_key=True)
    org_id: str = Field(index=True)
    person_id: str = Field(index=True)
    task_id: str = Field(default="", index=True)
    seq: int = 0
    use_case: str = ""
    direction: str  # input, output
    source: str  # local, or the model that judged
    categories: list[str] = Field(sa_type=Json)
    scores: dict[str, float] = Field(sa_type=Json)  # by category, 0 to 1
    severity: str = Field(index=True)  # low, medium, severe
    action: str  # logged, blocked
    content: str = ""
    at: datetime = Field(default_factory=now, sa_type=Utc, index=True)
    verdict: str = ""  # of the reviewer: confirmed, dismissed; empty: open
    note: str = ""
    reviewed_by: str = ""
    reviewed_at: datetime | None = Field(default=None, sa_type=Utc)


VIOLATION = SQLModel.metadata.tables["safety_violation"]
