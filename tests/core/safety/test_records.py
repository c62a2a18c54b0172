"""The table of violations."""

from __future__ import annotations

from core.safety.records import VIOLATION


def test_a_violation_is_found_by_organisation_person_task_and_severity():
    indexed = {column.name for index in VIOLATION.indexes for column in index.columns}
    assert indexed >= {"org_id", "person_id", "task_id", "severity", "at"}
