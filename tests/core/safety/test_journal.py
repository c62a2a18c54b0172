"""The journal: an excerpt without what is personal, one row a text."""

from __future__ import annotations

import pytest

from core.safety.findings import Finding
from core.safety.journal import EXCERPT_MAX, Journal, Place
from tests.core.safety.parts import database, rows

MAIL = Finding("jailbreak", 0.8, "medium", "r", "write to ana@example.com and call +49 170 1234567")
BAD = Finding("weapons", 0.9, "severe", "s", "x" * 2_000)


@pytest.fixture
def base(url):
    yield from database(url)


def test_the_worst_counts_and_every_category_keeps_its_score(base):
    Journal(base).write(Place("t1", 4), "input", "local", [MAIL, BAD], "blocked")
    (row,) = rows(base)
    assert (row.severity, row.scores) == ("severe", {"jailbreak": 0.8, "weapons": 0.9})
    assert row.categories == ["jailbreak", "weapons"]
    assert row.content.startswith("write to [e-mail] and call [phone]")
    assert len(row.content) == EXCERPT_MAX
    assert (row.verdict, row.reviewed_at) == ("", None)


def test_the_task_knows_whose_it_is(base):
    Journal(base).write(Place("t1", 4), "output", "local", [MAIL], "logged")
    assert [(row.org_id, row.person_id) for row in rows(base)] == [("acme", "ana")]


def test_the_same_is_one_row_and_anything_else_another(base):
    journal = Journal(base)
    for direction in ("input", "input", "output"):
        journal.write(Place("t1", 4), direction, "local", [MAIL], "logged")
    journal.write(Place("t2", 4, "", "acme", "bo"), "input", "local", [MAIL], "logged")
    assert len(rows(base)) == 3


def test_nothing_found_is_nothing_written(base):
    Journal(base).write(Place("t1", 4), "input", "local", [], "logged")
    assert rows(base) == []
