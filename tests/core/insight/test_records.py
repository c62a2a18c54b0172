"""The landing table."""

from __future__ import annotations

from core.insight.records import LANDING


def test_a_landing_belongs_to_one_organisation_file_and_way_of_reading():
    assert [column.name for column in LANDING.primary_key] == ["org_id", "source_hash", "key"]
