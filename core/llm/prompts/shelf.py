"""The rows of versions and moves: put on the shelf, never changed, never taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.llm.prompts.template import hash_of
from core.llm.records import PROMPT, PROMPT_MOVE
from core.storage.database import Database, now

DRAFT, LIVE = "draft", "live"


@dataclass(frozen=True)
class Version:
    """One text of a template. `version` counts from one, of the organisation or the studio."""

    org_id: str
    name: str
    hash: str
    version: int
    template: str
    owner: str
    note: str
    at: datetime

    @property
    def title(self) -> str:
        """What people call it: "Studio 2", "Own 3"."""
        return f"{'Own' if self.org_id else 'Studio'} {self.version}"


@dataclass(frozen=True)
class Move:
    """A label was put on a version by somebody. Without a hash: back to the studio's own."""

    label: str
    hash: str
    by: str
    tests: dict[str, bool] | None  # what it passed to go live; None where it was not asked to
    number: int
    at: datetime

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Move:
        """The move of a row."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})


def put(database: Database, org_id: str, name: str, body: str, *, owner: str, note: str) -> Version:
    """The version that this text is, numbered on from the last one when it is new."""
    hash = hash_of(body)
    here = (PROMPT.c.org_id == org_id, PROMPT.c.name == name)
    known = sa.select(PROMPT).where(*here, PROMPT.c.hash == hash)
    for found in database.rows(known):
        return _version(found)
    row: dict[str, Any] = {"org_id": org_id, "name": name, "hash": hash, "template": body}
    row |= {"owner": owner, "note": note, "at": now()}

    def write(db: sa.Connection) -> Version:
        lock(database, db, org_id, name)
        for found in db.execute(known):
            return _version(found)
        last = db.execute(sa.select(sa.func.max(PROMPT.c.version)).where(*here)).scalar() or 0
        db.execute(sa.insert(PROMPT), {**row, "version": last + 1})
        return Version(**row, version=last + 1)

    return database.transaction(write)


def lock(database: Database, db: sa.Connection, org_id: str, name: str) -> None:
    """Until this transaction ends nobody else numbers versions or moves of the template."""
    if not database.is_sqlite:  # which has one writer anyway
        key = sa.func.hashtextextended(f"prompt {org_id} {name}", 0)
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def names(database: Database, org_id: str) -> list[str]:
    """Templates of which the organisation has versions of its own."""
    mine = sa.select(PROMPT.c.name).where(PROMPT.c.org_id == org_id).distinct()
    return [row.name for row in database.rows(mine)]


def is_kept(database: Database, org_id: str, name: str) -> bool:
    """Whether the organisation, or any where none is named, has a version of this template."""
    whose = PROMPT.c.org_id == org_id if org_id else sa.true()
    query = sa.select(PROMPT.c.hash).where(PROMPT.c.name == name, whose)
    return bool(database.rows(query.limit(1)))


def versions(database: Database, org_id: str, name: str) -> list[Version]:
    """The organisation's own, then the studio's, the newest first."""
    query = sa.select(PROMPT).where(PROMPT.c.org_id.in_([org_id, ""]), PROMPT.c.name == name)
    rows = database.rows(query.order_by(PROMPT.c.org_id.desc(), PROMPT.c.version.desc()))
    return [_version(row) for row in rows]


def moves(database: Database, org_id: str, name: str, label: str = "") -> list[Move]:
    """Moves of the organisation's labels, the newest first."""
    query = sa.select(PROMPT_MOVE).where(PROMPT_MOVE.c.org_id == org_id, PROMPT_MOVE.c.name == name)
    if label:
        query = query.where(PROMPT_MOVE.c.label == label)
    order = (PROMPT_MOVE.c.at.desc(), PROMPT_MOVE.c.number.desc())
    if label:
        order = (PROMPT_MOVE.c.number.desc(),)
    return [Move.of(row._asdict()) for row in database.rows(query.order_by(*order))]


def _version(row: sa.Row[Any]) -> Version:
    return Version(**row._asdict())
