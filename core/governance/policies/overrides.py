"""What organisations changed: every revision is kept, the newest one holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.errors import Invalid
from core.governance.policies.entry import Entry, read
from core.governance.policies.lines import Problem
from core.governance.records import OVERRIDE
from core.storage.database import Database, now

REMEMBERED_S = 1.0
ORGS_MAX = 2_000  # remembered at once
NONE = Entry()


class Overrides:
    """The changes of every organisation, read at most once a second each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, tuple[Entry, list[Problem]]]]] = {}

    def entry(self, org_id: str, name: str) -> Entry:
        """What holds for this organisation. Fields that no longer fit are left out."""
        return self._of(org_id).get(name, (NONE, []))[0]

    def problems(self, org_id: str, name: str) -> list[Problem]:
        """Fields of the stored change that no longer fit, for instance after an upgrade."""
        return self._of(org_id).get(name, (NONE, []))[1]

    def names(self, org_id: str) -> list[str]:
        """The use cases this organisation changed."""
        return sorted(self._of(org_id))

    def add(
        self, org_id: str, name: str, changes: Mapping[str, Any] | None, by: str, on: int | None
    ) -> int:
        """The number of a new revision; None takes the change back. It holds at once here.

        `on` is the revision it was made from. Raises Invalid when another one came between.
        """

        def write(db: sa.Connection) -> int:
            here = (OVERRIDE.c.org_id == org_id, OVERRIDE.c.name == name)
            last = db.scalar(sa.select(sa.func.max(OVERRIDE.c.revision)).where(*here)) or 0
            row = {"org_id": org_id, "name": name, "revision": last + 1, "by": by, "at": now()}
            row["changes"] = None if changes is None else dict(changes)
            added = self._database.insert(OVERRIDE).values(row).on_conflict_do_nothing()
            made = db.execute(added.returning(OVERRIDE.c.revision)).scalar_one_or_none()
            if made is None or (on is not None and on != last):
                raise Invalid(
                    f"Somebody else changed {name!r} meanwhile.",
                    hint="Look at their change in the history, then make yours again.",
                )
            return made

        revision = self._database.transaction(write)
        with self._lock:
            self._known.pop(org_id, None)
        return revision

    def history(self, org_id: str, name: str) -> list[sa.Row[Any]]:
        """Every revision, the newest first: revision, changes (None: taken back), by, at."""
        query = sa.select(OVERRIDE).where(OVERRIDE.c.org_id == org_id, OVERRIDE.c.name == name)
        return self._database.rows(query.order_by(OVERRIDE.c.revision.desc()))

    def _of(self, org_id: str) -> dict[str, tuple[Entry, list[Problem]]]:
        known = self._known.get(org_id)
        if known and time.monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        at = time.monotonic()
        other = OVERRIDE.alias()
        same = (other.c.org_id == OVERRIDE.c.org_id, other.c.name == OVERRIDE.c.name)
        last = sa.select(sa.func.max(other.c.revision)).where(*same).scalar_subquery()
        query = sa.select(OVERRIDE.c.name, OVERRIDE.c.changes).where(
            OVERRIDE.c.org_id == org_id,
            OVERRIDE.c.revision == last,
            OVERRIDE.c.changes.is_not(None),
        )
        found = {row.name: read(row.changes) for row in self._database.rows(query)}
        with self._lock:
            if len(self._known) >= ORGS_MAX:
                self._known.clear()
            self._known[org_id] = (at, found)
        return found
