"""The table of violations."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.safety.records import VIOLATION, Violation
from core.storage.database import Database
from core.storage.migrations import migrate

FOUND = {
    "id": "v1", "org_id": "o", "person_id": "p", "direction": "input", "source": "local",
    "categories": ["malware"], "scores": {"malware": 0.9}, "severity": "severe",
    "action": "blocked",
}  # fmt: skip


def test_a_violation_is_found_by_organisation_person_task_and_severity():
    indexed = {column.name for index in VIOLATION.indexes for column in index.columns}
    assert indexed >= {"org_id", "person_id", "task_id", "severity", "at"}


def test_a_finding_is_open_until_it_is_decided_and_its_id_is_taken_once(url):
    database = Database(url)
    migrate(database)
    row = Violation(**FOUND).model_dump()
    database.transaction(lambda db: db.execute(sa.insert(VIOLATION), row))
    (found,) = database.rows(sa.select(VIOLATION))
    assert (found.verdict, found.reviewed_at, found.scores) == ("", None, {"malware": 0.9})
    with pytest.raises(IntegrityError):
        database.transaction(lambda db: db.execute(sa.insert(VIOLATION), row))
    database.close()
