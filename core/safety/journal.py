"""Where findings are written: one row for each text that broke a rule, however often it is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.kernel.records import TASK
from core.kernel.values import text
from core.safety.findings import Finding, scores, worst
from core.safety.records import VIOLATION
from core.safety.redaction import redact_text
from core.storage.database import Database, now

EXCERPT_MAX = 500


@dataclass(frozen=True)
class Place:
    """Whose step it is. Without an organisation the task knows it."""

    task_id: str
    seq: int
    use_case: str = ""
    org_id: str = ""
    person_id: str = ""


class Journal:
    """Violations of one studio."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(
        self, place: Place, direction: str, source: str, findings: Sequence[Finding], action: str
    ) -> None:
        """What was found is in the database, once: the same text in the same task has one row."""
        severity = worst(findings)
        if severity is None:
            return
        place = self._known(place)
        excerpt = " … ".join(dict.fromkeys(f.excerpt for f in findings if f.excerpt))
        found = scores(findings)
        row = {
            "id": _id(place, direction, source, *found, excerpt),
            "org_id": place.org_id,
            "person_id": place.person_id,
            "task_id": place.task_id,
            "seq": place.seq,
            "use_case": place.use_case,
            "direction": direction,
            "source": source,
            "categories": list(found),
            "scores": found,
            "severity": severity,
            "action": action,
            "content": text(redact_text(excerpt).strip(), EXCERPT_MAX),
            "at": now(),
            "verdict": "",
            "note": "",
            "reviewed_by": "",
        }
        insert = self._database.insert(VIOLATION).on_conflict_do_nothing()
        self._database.transaction(lambda db: db.execute(insert, row))

    def _known(self, place: Place) -> Place:
        if place.org_id:
            return place
        query = sa.select(TASK.c.org_id, TASK.c.person_id).where(TASK.c.id == place.task_id)
        rows = self._database.rows(query)
        who = {"org_id": rows[0].org_id, "person_id": rows[0].person_id} if rows else {}
        return Place(place.task_id, place.seq, place.use_case, **who)


def _id(place: Place, *about: str) -> str:
    """The same for the same text, so that a step asked twice is written once."""
    told = "\0".join((place.task_id or place.person_id, *about))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
