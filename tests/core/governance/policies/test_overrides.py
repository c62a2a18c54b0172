"""What organisations changed, kept revision by revision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import Invalid
from core.governance.policies import overrides
from core.governance.policies.overrides import Overrides
from core.storage.database import Database
from core.storage.migrations import migrate


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


def temperature(found: Overrides, org: str = "acme") -> object:
    return found.entry(org, "chat").changes.get("temperature")


def test_the_newest_revision_holds_at_once_and_the_others_are_kept(database):
    found = Overrides(database)
    assert temperature(found) is None
    assert found.add("acme", "chat", {"temperature": 0.1}, "ana", None) == 1
    assert found.add("acme", "chat", {"temperature": 0.2}, "bo", None) == 2
    assert temperature(found) == 0.2
    history = found.history("acme", "chat")
    assert [(row.revision, row.changes, row.by) for row in history] == [
        (2, {"temperature": 0.2}, "bo"), (1, {"temperature": 0.1}, "ana"),
    ]  # fmt: skip


def test_what_is_taken_back_no_longer_holds(database):
    found = Overrides(database)
    found.add("acme", "chat", {"temperature": 0.1}, "ana", None)
    assert found.names("acme") == ["chat"]
    found.add("acme", "chat", None, "ana", None)
    assert (temperature(found), found.names("acme")) == (None, [])
    assert found.history("acme", "chat")[0].changes is None


def test_organisations_do_not_see_one_another(database):
    found = Overrides(database)
    found.add("acme", "chat", {"temperature": 0.1}, "ana", None)
    assert temperature(found, "other") is None
    assert found.history("other", "chat") == []


def test_another_process_sees_it_within_a_second(database, monkeypatch):
    here, there = Overrides(database), Overrides(database)
    monkeypatch.setattr(overrides, "REMEMBERED_S", 600)
    assert temperature(there) is None
    here.add("acme", "chat", {"temperature": 0.1}, "ana", None)
    assert temperature(there) is None  # remembered
    monkeypatch.setattr(overrides, "REMEMBERED_S", 0)
    assert temperature(there) == 0.1


def test_a_change_made_from_an_older_revision_is_refused(database):
    found = Overrides(database)
    found.add("acme", "chat", {"temperature": 0.1}, "ana", 0)
    with pytest.raises(Invalid, match="meanwhile"):
        found.add("acme", "chat", {"temperature": 0.2}, "bo", 0)
    assert temperature(found) == 0.1
    assert len(found.history("acme", "chat")) == 1
    assert found.add("acme", "chat", {"temperature": 0.2}, "bo", 1) == 2


def test_of_many_at_once_each_gets_its_own_revision_or_a_clear_no(database):
    found = Overrides(database)

    def add(n: int) -> int:
        try:
            return found.add("acme", "chat", {"tokens_max": n}, "ana", None)
        except Invalid:
            return 0

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(add, range(1, 9)))
    kept = sorted(revision for revision in made if revision)
    assert kept == list(range(1, len(kept) + 1))
    assert len(found.history("acme", "chat")) == len(kept) >= 1


def test_a_stored_field_that_no_longer_fits_is_passed_over_and_told(database):
    found = Overrides(database)
    found.add("acme", "chat", {"temperature": 0.1, "forgotten": 1}, "ana", None)
    assert temperature(found) == 0.1
    assert [path for path, _ in found.problems("acme", "chat")] == [("forgotten",)]


def test_a_thousand_organisations_do_not_fill_the_memory(database, monkeypatch):
    monkeypatch.setattr(overrides, "ORGS_MAX", 3)
    found = Overrides(database)
    for n in range(10):
        found.entry(f"org{n}", "chat")
    assert len(found._known) <= 3
