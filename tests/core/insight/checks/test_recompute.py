"""Queries and recipes run again, locked and under a clock."""

from __future__ import annotations

import pytest

from core.data.grid import Grid
from core.data.tables import open_tables
from core.insight.checks import recompute
from core.insight.checks.recompute import Again
from core.insight.checks.supply import Supply
from core.insight.claims import sql_hash


@pytest.fixture
def again(shop_at, tmp_path):
    deck = shop_at.deck().model_copy(deep=True)
    supply = Supply(deck, [("sales.csv", shop_at.file)], tmp_path)
    with open_tables(supply.tables) as tables:
        yield deck, Again(deck, supply, tables), supply


def test_a_query_gives_its_rows_again(again):
    deck, made, _ = again
    assert made.grid("q1.1") == deck.queries["q1.1"].grid


def test_a_query_that_the_recipe_does_not_write_is_not_believed(again):
    deck, made, _ = again
    deck.queries["q1.1"].sql = "SELECT 1 AS revenue"
    assert made.grid("q1.1") == "The recipe does not write this query for this data."


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "SELECT 1; DROP TABLE sales",
    ],
)
def test_sql_of_a_pack_reaches_nothing_but_its_tables(again, sql):
    deck, made, supply = again
    supply.unchanged = False  # as with changed data, where any SQL of the deck is tried
    deck.queries["q1.1"].sql = sql
    deck.queries["q1.1"].sql_hash = sql_hash(sql)
    said = made.grid("q1.1")
    assert isinstance(said, str)
    assert "cannot be computed" in said


def test_an_endless_query_is_stopped_and_the_next_one_runs(again, monkeypatch):
    deck, made, supply = again
    supply.unchanged = False
    monkeypatch.setattr(recompute, "QUERY_TIMEOUT_S", 0.3)
    deck.queries["q1.2"].sql = "SELECT count(*) FROM range(100000000) a, range(100000000) b"
    assert made.grid("q1.2") == "It took longer than 0.3 seconds."
    assert isinstance(made.grid("q1.1"), Grid)


def test_a_recipe_that_changed_or_is_unknown_is_not_run(again):
    deck, made, _ = again
    deck.looks[0].version = "0" * 64
    assert "has changed since" in str(made.outcome(1))
    assert "has changed since" in str(made.receipt("1.change_revenue", "question"))
    deck.looks[0].recipe = "no_such_recipe"
    fresh = Again(deck, made._supply, made._tables)
    assert "no recipe" in str(fresh.outcome(1))


def test_parameters_of_a_pack_are_checked_like_any_others(again):
    deck, made, _ = again
    deck.looks[0].params = {"table": 3}
    assert "cannot be computed" in str(made.outcome(1))


def test_a_receipt_and_a_slide_come_back_the_same(again):
    deck, made, _ = again
    slide = deck.slides[2]
    assert made.receipt("1.change_revenue", "question") == slide.receipt
    assert made.slide(slide) == slide
    assert made.receipt("1.nothing", "question") is None
