"""Findings are listed to their organisation and decided once by who may."""

from __future__ import annotations

import pytest

from core.errors import Invalid, NotFound, Refused
from core.governance.violations import review, violations
from core.identity import Person
from core.kernel.records import AUDIT
from core.safety.findings import Finding
from core.safety.journal import Journal, Place
from core.storage.database import Database
from core.storage.migrations import migrate

OWNER = Person("ana", "Ana", "acme", "Acme", "growth", "owner")
ANALYST = Person("bo", "Bo", "acme", "Acme", "growth", "analyst")
EVE = Person("eve", "Eve", "other", "Other", "growth", "owner")


@pytest.fixture
def base(url):
    base = Database(url)
    migrate(base)
    for n, severity in enumerate(("low", "medium", "severe")):
        for org in ("acme", "other"):
            found = Finding("jailbreak", 0.8, severity, "r", f"text {n}")
            place = Place(f"t{n}", n, "chat", org, "ana")
            Journal(base).write(place, "input", "local", [found], "logged")
    yield base
    base.close()


def test_an_organisation_sees_its_own_newest_first(base):
    assert [row.severity for row in violations(base, "acme")] == ["severe", "medium", "low"]
    assert violations(base, "nobody") == []


def test_they_are_filtered_by_severity_and_by_review(base):
    (row,) = violations(base, "acme", severity="medium")
    review(base, OWNER, row.id, "dismissed")
    assert [r.severity for r in violations(base, "acme", review="open")] == ["severe", "low"]
    assert [r.id for r in violations(base, "acme", review="dismissed")] == [row.id]
    assert violations(base, "acme", review="confirmed") == []
    assert len(violations(base, "acme", limit=2)) == 2


def test_a_decision_keeps_who_when_and_why_and_the_auditors_see_it(base):
    row = violations(base, "acme")[0]
    review(base, OWNER, row.id, "confirmed", " told ana@example.com ")
    now = violations(base, "acme", review="confirmed")[0]
    assert (now.verdict, now.note, now.reviewed_by) == ("confirmed", "told [e-mail]", "ana")
    assert now.reviewed_at is not None
    (line,) = [row for row in base.rows(AUDIT.select()) if row.what == "reviewed"]
    assert line.data == {"by": "ana", "violation": row.id, "decision": "confirmed"}


def test_the_first_decision_counts(base):
    row = violations(base, "acme")[0]
    review(base, OWNER, row.id, "confirmed")
    with pytest.raises(Invalid, match="confirmed already"):
        review(base, OWNER, row.id, "dismissed")
    assert violations(base, "acme")[0].verdict == "confirmed"


def test_who_may_not_approve_may_not_decide_and_nobody_decides_for_others(base):
    row = violations(base, "acme")[0]
    with pytest.raises(Refused):
        review(base, ANALYST, row.id, "dismissed")
    with pytest.raises(NotFound):
        review(base, EVE, row.id, "dismissed")
    assert violations(base, "acme")[0].verdict == ""
