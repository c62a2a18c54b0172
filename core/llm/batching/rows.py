"""What providers work on, batches and films, by the key of the act: a repeated act finds it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.llm.records import BATCH
from core.storage.database import Database, now

ASKED, RUNNING, ENDED = "asked", "running", "ended"


class Rows:
    """The table `llm_batch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, model: str, requests: int, org_id: str) -> tuple[bool, Any]:
        """Whether nothing was handed over under `key` before, and its row, written by now."""
        row = {
            "key": key,
            "org_id": org_id,
            "provider": model.partition("/")[0],
            "model": model,
            "batch_id": "",
            "requests": requests,
            "state": ASKED,
            "at": now(),
        }
        insert = self._database.insert(BATCH).values(row).on_conflict_do_nothing()
        insert = insert.returning(BATCH.c.key)

        def write(db: sa.Connection) -> tuple[bool, Any]:
            is_new = db.execute(insert).one_or_none() is not None
            return is_new, db.execute(sa.select(BATCH).where(BATCH.c.key == key)).one()

        return self._database.transaction(write)

    def find(self, key: str) -> Any | None:
        """The row of `key`; None when nothing was handed over under it."""
        rows = self._database.rows(sa.select(BATCH).where(BATCH.c.key == key))
        return rows[0] if rows else None

    def named(self, key: str, batch_id: str) -> None:
        """The provider calls it `batch_id`."""
        self._change(key, batch_id=batch_id, state=RUNNING)

    def ended(self, key: str) -> None:
        """Nothing more comes of it."""
        self._change(key, state=ENDED, ended_at=now())

    def batch_id(self, key: str) -> str:
        """What the provider calls it; empty while nobody knows."""
        rows = self._database.rows(sa.select(BATCH.c.batch_id).where(BATCH.c.key == key))
        return rows[0].batch_id if rows else ""

    def others(self, key: str, since: datetime) -> frozenset[str]:
        """Ids of other batches that were named since."""
        query = sa.select(BATCH.c.batch_id).where(BATCH.c.key != key, BATCH.c.ended_at.is_(None))
        query = query.union(
            sa.select(BATCH.c.batch_id).where(BATCH.c.key != key, BATCH.c.at >= since)
        )
        return frozenset(row.batch_id for row in self._database.rows(query)) - {""}

    def _change(self, key: str, **values: Any) -> None:
        update = sa.update(BATCH).where(BATCH.c.key == key).values(values)
        self._database.transaction(lambda db: db.execute(update))
