"""Alerts: told once, whoever finds out first; unseen until a person has seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.governance.records import ALERT
from core.identity.records import PERSON, TEAM
from core.storage.database import Database, new_id, now

LOUD = ("critical", "warning")  # people are told; the rest is only listed


@dataclass(frozen=True)
class News:
    """Something a person should know. The same `key` is told once."""

    org_id: str
    key: str
    kind: str  # threshold, refusal, anomaly, stop
    severity: str  # info, warning, critical
    scope: str  # "person:ana"
    title: str
    cause: dict[str, Any]


def tell(database: Database, news: Sequence[News], *, post: bool = False) -> list[str]:
    """The ids of those nobody told before. With `post` the loud ones wait for the webhook."""
    if not news:
        return []
    rows = [_row(one, post=post) for one in news]

    def write(db: sa.Connection) -> list[str]:
        insert = database.insert(ALERT).on_conflict_do_nothing(index_elements=["key"])
        made = [db.execute(insert.values(row).returning(ALERT.c.id)).scalar() for row in rows]
        return [id for id in made if id]

    return database.transaction(write)


def known(database: Database, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that were told."""
    if not keys:
        return set()
    rows = database.rows(sa.select(ALERT.c.key).where(ALERT.c.key.in_(list(keys))))
    return {row.key for row in rows}


def alerts(
    database: Database, org_id: str, *, unseen: bool = False, limit: int = 200
) -> list[sa.Row[Any]]:
    """The organisation's alerts: unseen loud ones first, critical before the rest, then newest.

    `unseen` leaves only the loud ones that nobody has seen.
    """
    waiting = sa.and_(ALERT.c.seen_at.is_(None), ALERT.c.severity.in_(LOUD))
    query = sa.select(ALERT).where(ALERT.c.org_id == org_id)
    if unseen:
        query = query.where(waiting)
    grave = sa.and_(waiting, ALERT.c.severity == "critical")
    order = (waiting.desc(), grave.desc(), ALERT.c.at.desc())
    return database.rows(query.order_by(*order).limit(limit))


def see(database: Database, org_id: str, ids: Sequence[str], by: str) -> int:
    """These alerts were seen by `by`, unless somebody had before; returns how many."""
    here = (ALERT.c.org_id == org_id, ALERT.c.id.in_(list(ids)), ALERT.c.seen_at.is_(None))
    seen = sa.update(ALERT).where(*here).values(seen_by=by, seen_at=now())
    return database.transaction(lambda db: db.execute(seen).rowcount)


def whose(database: Database, scope: str) -> str:
    """The scope in words that begin a sentence: "Ana", "Team Growth", "The organisation"."""
    kind, _, id = scope.partition(":")
    if kind == "use":
        person, _, use_case = id.rpartition(":")
        return f"{whose(database, f'person:{person}')}, {use_case}"
    if kind in ("task", "session"):
        return f"{kind.capitalize()} {id[:8]}"
    if kind == "org":
        return "The organisation"
    if kind == "project":
        id = id.rpartition(":")[2]  # without its organisation
    return _name(database, kind, id)


def _name(database: Database, kind: str, id: str) -> str:
    if kind not in ("person", "team"):
        return f"{kind.capitalize()} {id}"
    table = PERSON if kind == "person" else TEAM
    rows = database.rows(sa.select(table.c.name).where(table.c.id == id))
    name = rows[0].name if rows else id
    return f"Team {name}" if kind == "team" else name


def _row(news: News, *, post: bool) -> dict[str, Any]:
    at: datetime = now()
    send_at = at if post and news.severity in LOUD else None
    return {"id": new_id(), **vars(news), "at": at, "seen_by": "", "tries": 0, "trouble": ""} | {
        "send_at": send_at
    }
