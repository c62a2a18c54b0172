"""The tables of overrides and alerts."""

from __future__ import annotations

from core.governance.records import ALERT, OVERRIDE


def test_every_revision_of_an_override_is_kept():
    assert [c.name for c in OVERRIDE.primary_key] == ["org_id", "name", "revision"]


def test_the_same_thing_is_told_once():
    assert ALERT.columns["key"].unique
