"""Where a value stands among the others of its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.grid import Grid
from core.insight.drawer import Drawer
from core.insight.receipts import receive
from core.insight.talk.standing import Standing, standings
from core.tools.evidence import Figure

GRID = Grid(
    columns=["region", "rank", "amount", "note"],
    rows=[["North", 1, 9.0, None], ["South", 2, 7, "x"], ["East", 3, None, "y"]],
)
AMOUNT = Figure(label="Amount", query=0, where={"rank": 2}, column="amount", unit="USD")
REGION = Figure(label="Next", query=0, where={"rank": 2}, column="region", style="text")


def made(figure, sql="SELECT", grid=GRID, told=(AMOUNT,)):
    return standings(figure, "q1.1", grid, sql, told)


def test_a_number_stands_in_its_column_as_it_is_written():
    (one,) = made(AMOUNT)
    assert (one.row, one.values, one.value) == (1, (9.0, 7, None), 7)
    assert one.is_ranked
    assert (one.is_change, one.is_size, one.is_cut) == (False, False, False)


def test_a_name_stands_in_the_columns_that_are_told_of_and_not_in_its_key():
    (one,) = made(REGION)
    assert (one.column, one.row) == ("amount", 1)
    assert made(REGION, told=()) == ()


def test_without_one_row_there_is_no_standing_and_alone_there_is_no_rank():
    assert made(AMOUNT.model_copy(update={"where": {}})) == ()
    single = Grid(columns=["amount", "region"], rows=[[9, "North"]])
    whole = Figure(label="Amount", query=0, column="amount")
    assert [one.is_ranked for one in made(whole, grid=single)] == [False]
    assert made(REGION.model_copy(update={"where": {}}), grid=single, told=(whole,)) == ()


@pytest.mark.parametrize(
    ("sql", "is_cut"),
    [("SELECT LIMIT 3", True), ("SELECT\nlimit 10", False), ("(LIMIT 2) x", False)],
)
def test_rows_may_be_missing_where_the_limit_was_reached(sql, is_cut):
    assert made(AMOUNT, sql)[0].is_cut == is_cut
    assert made(AMOUNT, grid=GRID.model_copy(update={"truncated": True}))[0].is_cut


def test_what_was_cut_off_lies_at_the_end_that_the_rows_run_to():
    top = Standing("q", "c", 0, (9.0, 7.0, 7.0), is_cut=True)
    assert top.is_at(1, top=True, sized=False)
    assert not Standing("q", "c", 2, (9.0, 8.0, 7.0), is_cut=True).is_at(1, top=False, sized=False)
    assert not Standing("q", "c", 1, (7.0, 9.0, 8.0), is_cut=True).is_at(1, top=True, sized=False)


def test_changes_are_ranked_by_their_size_among_all_or_among_those_of_their_sign():
    falls = [Standing("q", "c", at, (-8.0, -3.0, 5.0), is_change=True) for at in range(3)]
    assert falls[0].is_at(1, top=True, sized=True)
    assert falls[2].is_at(1, top=True, sized=True)  # the largest rise
    assert not falls[2].is_at(1, top=False, sized=True)
    assert falls[1].is_at(1, top=False, sized=True)
    assert falls[0].is_at(1, top=False, sized=False)
    level = Standing("q", "c", 0, (-8.0, -3.0, 5.0))
    assert not level.is_at(1, top=True, sized=True)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=8), st.data())
def test_every_value_has_a_place_from_both_ends_and_equals_share_theirs(values, data):
    row = data.draw(st.integers(0, len(values) - 1))
    one = Standing("q", "c", row, tuple(map(float, values)))
    places = range(1, len(values) + 1)
    high = [n for n in places if one.is_at(n, top=True, sized=False)]
    low = [n for n in places if one.is_at(n, top=False, sized=False)]
    assert len(high) == len(low) == values.count(values[row])
    assert high[0] + low[-1] == len(values) + 1
    assert one.is_among(top=True, sized=False) or one.is_among(top=False, sized=False)


def test_a_drawer_knows_where_its_claims_stand(shop_at):
    looks = shop_at.looks()
    found = Drawer(looks, receive(looks), []).subjects()
    (lost,) = found["1.change_revenue.lost"].stands
    (who,) = found["1.change_revenue.region"].stands
    assert (who.row, who.values, who.is_size) == (lost.row, lost.values, True)
    assert lost.is_at(1, top=True, sized=True)
    assert found["1.change_revenue.column"].stands == ()
