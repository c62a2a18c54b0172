"""Looks become slides, claims and trimmed queries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from core.insight.claims import Evidence
from core.insight.drawer import (
    COLUMNS_MAX,
    ROWS_MAX,
    Drawer,
    prefix_of,
    query_id,
    refer,
    sources_of,
    trim,
)
from core.insight.receipts import receive
from core.tools.evidence import Chart, Grid, Query


def _shown(where: dict[str, object], column: str = "v") -> Evidence:
    return Evidence(sources=[], query="q1.1", sql_hash="", where=where, column=column)


@given(some.integers(0, 900), some.sets(some.integers(0, 899), max_size=30))
def test_trimming_keeps_every_row_a_claim_needs_in_order(count, wanted):
    grid = Grid(columns=["k", "v"], rows=[[i, i * 2] for i in range(count)])
    shown = [_shown({"k": k}) for k in wanted if k < count]
    kept = trim(grid, shown, None)
    keys = [row[0] for row in kept.rows]
    assert keys == sorted(keys)
    assert {one.where["k"] for one in shown} <= set(keys)
    assert len(keys) == min(count, ROWS_MAX)
    assert kept.truncated == (count > ROWS_MAX)


def test_a_very_wide_query_keeps_only_what_is_shown():
    names = [f"c{i}" for i in range(COLUMNS_MAX + 5)]
    grid = Grid(columns=names, rows=[list(range(len(names)))])
    chart = Chart(kind="bar", title="T", query=0, x="c9", y=["c3"])
    kept = trim(grid, [_shown({"c1": 1}, "c2")], chart)
    assert kept.columns == ["c1", "c2", "c3", "c9"]
    assert kept.rows == [[1, 2, 3, 9]]


def test_references_are_look_key_name():
    assert refer("{measure} fell by {drop}", prefix_of(2, "change")) == (
        "[[2.change.measure]] fell by [[2.change.drop]]"
    )
    assert query_id(2, 0) == "q2.1"


def test_a_key_with_brackets_cannot_end_a_reference_early():
    assert "]" not in prefix_of(1, "x]] [[y")


def test_unsupported_findings_cannot_be_referred_to(shop_at):
    drawer = Drawer(shop_at.looks(), receive(shop_at.looks()), [])
    assert "1.change_revenue.share" in drawer.known()
    assert "1.change_revenue.column" in drawer.known()
    assert not any(id.startswith("1.weekday") for id in drawer.known())
    assert [one.finding for one in drawer.unsupported()] == ["1.weekday"]


def test_a_query_names_the_files_it_reads(shop_at):
    look = shop_at.looks()[0]
    ours = shop_at.source()
    other = ours.model_copy(update={"table": "zzz", "hash": "0" * 64})
    assert sources_of(look.outcome.queries[0], look, [ours, other]) == [ours.hash]
    unnamed = Query(sql="SELECT 1", title="", grid=Grid(columns=[], rows=[]))
    look.outcome.params = {}
    assert len(sources_of(unnamed, look, [ours, other])) == 2
