"""Versions are numbered once, by whoever comes first, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.llm.prompts import shelf
from core.storage.database import Database
from core.storage.migrations import migrate


@pytest.fixture
def database(url):
    made = Database(url)
    migrate(made)
    yield made
    made.close()


def put(database, body, org_id="acme", name="hello"):
    return shelf.put(database, org_id, name, body, owner="ana", note="")


def test_the_same_text_is_the_same_version(database):
    first, again = put(database, "one"), put(database, "one")
    assert first == again
    assert (first.version, first.title) == (1, "Own 1")
    assert put(database, "two").version == 2
    assert put(database, "one", org_id="other").version == 1
    assert put(database, "one", name="bye").version == 1


def test_many_at_once_get_a_number_each(database):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: put(database, f"text {n % 6}"), range(24)))
    assert sorted({one.version for one in made}) == [1, 2, 3, 4, 5, 6]
    assert len(shelf.versions(database, "acme", "hello")) == 6


def test_an_organisation_sees_its_own_and_the_studios(database):
    put(database, "ours", org_id="")
    put(database, "theirs", org_id="other")
    put(database, "mine")
    seen = shelf.versions(database, "acme", "hello")
    assert [one.template for one in seen] == ["mine", "ours"]
    assert shelf.names(database, "acme") == ["hello"]
