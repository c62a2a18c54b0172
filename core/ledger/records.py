"""Limits are what people set, accounts are what happened, entries are the proof."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.storage.database import Json, Utc, now
from core.storage.row import Row


class Limit(Row, table=True):
    """At most `max` of `unit` per `period` (request, hour, day, total).

    Scope "person:*" is the default of every person. Settings give the defaults below these.
    """

    __tablename__ = "ledger_limit"

    scope: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    max: int = Field(sa_type=sa.BigInteger)
    org_id: str = Field(default="", index=True)


class Account(Row, table=True):
    """What one scope holds and has spent in one window. name: "person:ana nusd 2026-11-20T09"."""

    __tablename__ = "ledger_account"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_id: str = Field(index=True)
    scope: str = Field(index=True)
    unit: str
    window: str
    held: int = Field(default=0, sa_type=sa.BigInteger)
    spent: int = Field(default=0, sa_type=sa.BigInteger)


class Hold(Row, table=True):
    """What a step may cost, until it is settled. state: open, settled, void, expired.

    The primary key makes a second hold of a step impossible, the state a second settlement.
    """

    __tablename__ = "ledger_hold"

    key: str = Field(primary_key=True)  # task:seq
    org_id: str
    state: str = "open"
    nusd: int = Field(sa_type=sa.BigInteger)
    tokens: int = Field(sa_type=sa.BigInteger)
    accounts: str  # their ids, a JSON array
    lease_at: datetime = Field(sa_type=Utc)  # who does not renew it by then is dead

    __table_args__ = (
        sa.Index(
            "ix_ledger_hold_open",
            "lease_at",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        {"sqlite_with_rowid": False},  # one tree to write instead of two
    )


class Entry(Row, table=True):
    """One line of the journal; never changed, never deleted. `kind` says what it did.

    hold (held +), settle (held -, and `spent` of it spent), void and expire (held -),
    overrun (spent + beyond what was held), carry (spent + of a window opened after the fact).
    A step that is repeated after a crash may be held for again: "hold 2", "void 2".
    """

    __tablename__ = "ledger_entry"
    __table_args__: ClassVar[dict[str, bool]] = {"sqlite_with_rowid": False}

    key: str = Field(primary_key=True)  # task:seq
    account_id: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    held: int = Field(default=0, sa_type=sa.BigInteger)  # signed change of the account's held
    spent: int = Field(default=0, sa_type=sa.BigInteger)  # signed change of the account's spent
    at: datetime = Field(default_factory=now, sa_type=Utc)


class Usage(Row, table=True):
    """What one completion used: written with its step's settlement, from the act's own report."""

    __tablename__ = "ledger_usage"

    task_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    line: int = Field(primary_key=True)  # an act may report several
    org_id: str = Field(index=True)
    person_id: str = Field(index=True)
    operation: str = Field(index=True)
    provider: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    units: int = Field(default=0, sa_type=sa.BigInteger)  # of `unit`: images, characters ...
    unit: str = ""
    cost_nusd: int = Field(default=0, sa_type=sa.BigInteger)
    breakdown: dict[str, int] | None = Field(default=None, sa_type=Json)  # kind -> nusd
    estimated: bool = False
    kind: str = "model"  # model, image, speech, transcription, video, search, moderation ...
    use_case: str = Field(default="", index=True)
    variant: str = ""  # of the policy's split
    prompt_hash: str = ""
    cache_hit: bool = False
    batch: bool = False
    latency_ms: int = 0
    first_token_ms: int | None = None
    at: datetime = Field(default_factory=now, sa_type=Utc, index=True)


LIMIT, ACCOUNT, HOLD, ENTRY, USAGE = (
    SQLModel.metadata.tables[f"ledger_{name}"]
    for name in ("limit", "account", "hold", "entry", "usage")
)
