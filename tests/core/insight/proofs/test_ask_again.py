"""The same question again: the recipes do not run again, and the evidence is the same."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.governance import steps
from core.insight.receipts import Receipt
from core.kernel.records import EVENT
from core.storage.cache import Memory
from core.studio import open_studio
from tests.core.insight.asking import answered, deck_of, give, sales

TAKEN_AT = {"created_at", "spend_nusd", "tokens"}


@pytest.fixture
def studio(settings):
    opened = open_studio(settings)
    opened.cache = Memory()
    yield opened
    opened.close()


def tools_of(studio, task):
    return [step for step in steps(studio.database, task.id) if step.kind == "tool"]


def outcome(studio, step):
    if "ok" in step.outcome:
        return step.outcome["ok"]
    with studio.blobs.open(step.outcome["blob"]) as file:
        return __import__("json").load(file)


def cached(studio, task):
    query = sa.select(EVENT).where(EVENT.c.task_id == task.id, EVENT.c.type == "tool.cached")
    return [row.data["tool"] for row in studio.database.rows(query)]


def plain(deck):
    return deck.model_dump(mode="json", exclude=TAKEN_AT)


def test_the_second_deck_says_the_same_and_its_steps_say_that_nothing_ran(studio):
    source = give(studio)
    first, second = (answered(studio, sources=[source], iterations=5) for _ in range(2))
    taken = [
        [(s.seq, s.kind, s.name) for s in steps(studio.database, t.id)] for t in (first, second)
    ]
    assert taken[0] == taken[1]
    names = [step.name for step in tools_of(studio, first)]
    assert len(names) == 5
    assert (cached(studio, first), cached(studio, second)) == ([], names)
    for one, two in zip(tools_of(studio, first), tools_of(studio, second), strict=True):
        assert outcome(studio, two) == {**outcome(studio, one), "cached": True}
    assert plain(deck_of(studio, first)) == plain(deck_of(studio, second))


def test_remembered_comparisons_count_in_every_receipt(studio):
    source = give(studio)
    decks = [deck_of(studio, answered(studio, sources=[source], iterations=5)) for _ in range(2)]
    counted: list[list[Receipt]] = [deck.receipts for deck in decks]
    assert counted[0] == counted[1]
    assert max(receipt.tests for receipt in counted[1]) > 1


def test_other_rows_under_the_same_name_are_looked_at(studio):
    answered(studio, sources=[give(studio)], iterations=3)
    other = answered(studio, sources=[give(studio, data=sales(fall=30))], iterations=3)
    assert cached(studio, other) == []


def test_the_same_bytes_read_another_way_are_looked_at(studio):
    source = give(studio)
    answered(studio, sources=[source], iterations=3)
    read = {source.hash: {"nulls": ["North"]}}
    again = answered(studio, sources=[source], iterations=3, read=read)
    assert cached(studio, again) == []


def test_another_organisation_shares_nothing(studio):
    source = give(studio)
    answered(studio, sources=[source], iterations=3)
    keys = list(studio.cache._entries)
    assert keys
    assert all(key.startswith(f"tool:{studio.people.local().org_id}:") for key in keys)


def test_a_tool_that_is_not_allowed_is_not_answered_from_the_cache(studio):
    source = give(studio)
    answered(studio, sources=[source], iterations=4)
    only = answered(studio, sources=[source], iterations=4, tools=["distribution"])
    assert set(cached(studio, only)) <= {"profile", "distribution"}
