"""What the safety rules found, and what a reviewer says of it."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from core.errors import Invalid, NotFound, Refused
from core.identity import Person, may
from core.kernel.records import AUDIT
from core.safety.records import VIOLATION
from core.safety.redaction import redact_text
from core.storage.database import Database, now

Decision = Literal["confirmed", "dismissed"]
REVIEWS = ("open", "confirmed", "dismissed")
NOTE_MAX = 500


def violations(
    database: Database, org: str, *, review: str = "", severity: str = "", limit: int = 500
) -> list[sa.Row[Any]]:
    """The newest findings of the organisation.

    `review` is one of REVIEWS, `severity` is low, medium or severe; empty: all.
    """
    query = sa.select(VIOLATION).where(VIOLATION.c.org_id == org)
    if review:
        query = query.where(VIOLATION.c.verdict == ("" if review == "open" else review))
    if severity:
        query = query.where(VIOLATION.c.severity == severity)
    return database.rows(query.order_by(VIOLATION.c.at.desc(), VIOLATION.c.id).limit(limit))


def review(
    database: Database, person: Person, violation_id: str, decision: Decision, note: str = ""
) -> None:
    """The finding is confirmed or dismissed by `person`; the first decision counts.

    Raises Refused without the permission to approve, NotFound for another organisation's finding,
    Invalid for one that is decided already.
    """
    if not may(person.role, "approve"):
        raise Refused("Your role does not allow this.", hint="Ask an owner of the organisation.")
    assert decision in REVIEWS[1:]
    values = {
        "verdict": decision,
        "note": redact_text(note.strip())[:NOTE_MAX],
        "reviewed_by": person.id,
        "reviewed_at": now(),
    }
    here = (VIOLATION.c.id == violation_id, VIOLATION.c.org_id == person.org_id)

    def decide(db: sa.Connection) -> None:
        row = db.execute(sa.select(VIOLATION).where(*here)).one_or_none()
        if row is None:
            raise NotFound("There is no such finding.", hint="It may be another organisation's.")
        change = sa.update(VIOLATION).where(*here, VIOLATION.c.verdict == "").values(values)
        if not db.execute(change).rowcount:
            raise Invalid(
                f"This finding was {row.verdict} already.", hint="The first decision counts."
            )
        said = {"by": person.id, "violation": violation_id, "decision": decision}
        line = {"org_id": person.org_id, "task_id": row.task_id, "seq": row.seq}
        db.execute(sa.insert(AUDIT), {**line, "what": "reviewed", "data": said})

    database.transaction(decide)
