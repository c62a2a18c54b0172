"""What was handed over is written down before it is, and found by the key of the act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.llm.batching.rows import Rows
from core.storage.database import Database, now
from core.storage.migrations import migrate


@pytest.fixture
def kept(url):
    database = Database(url)
    migrate(database)
    yield Rows(database)
    database.close()


def test_the_first_to_begin_is_new_and_a_repeat_finds_what_it_wrote(kept):
    is_new, row = kept.begin("t:1", "openai/m", 3, "acme")
    assert (is_new, row.batch_id, row.state, row.requests) == (True, "", "asked", 3)
    assert kept.batch_id("t:1") == ""
    kept.named("t:1", "batch_7")
    is_new, again = kept.begin("t:1", "openai/m", 3, "acme")
    assert (is_new, again.batch_id, again.state, again.at) == (False, "batch_7", "running", row.at)
    assert kept.batch_id("t:1") == "batch_7"
    assert kept.batch_id("t:2") == ""


def test_what_was_never_begun_is_not_found(kept):
    assert kept.find("t:1") is None
    kept.begin("t:1", "openai/m", 3, "acme")
    assert (kept.find("t:1").model, kept.find("t:1").batch_id) == ("openai/m", "")


def test_batches_of_others_are_known_by_name_while_they_run_or_are_recent(kept):
    for key, name in (("t:1", "one"), ("t:2", "two"), ("t:3", "")):
        kept.begin(key, "openai/m", 3, "acme")
        if name:
            kept.named(key, name)
    assert kept.others("t:3", now()) == {"one", "two"}
    kept.ended("t:1")
    assert kept.others("t:3", now() + timedelta(seconds=1)) == {"two"}
    assert kept.others("t:2", now() - timedelta(hours=1)) == {"one"}
