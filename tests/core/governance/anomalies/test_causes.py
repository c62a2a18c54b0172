"""The parts of a change add up to it, whatever the data; planted causes come first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.governance.anomalies.causes import BY, Line, cause, round_half


def line(**more):
    about = {"hour": "h", "person": "ana", "operation": "ask", "model": "m", "prompt": "p"}
    sums = {"kind": "model", "calls": 10, "paid": 10, "tokens": 1_000, "cost_nusd": 5_000_000}
    return Line(**{**about, **sums, **more})


amounts = st.integers(0, 10**16)
lines = st.lists(
    st.builds(
        Line,
        hour=st.just("h"),
        person=st.sampled_from(["ana", "bo", ""]),
        operation=st.sampled_from(["ask", "draw"]),
        model=st.sampled_from(["m", "n"]),
        prompt=st.sampled_from(["", "3f2a"]),
        kind=st.sampled_from(["model", "image"]),
        calls=st.integers(0, 10**6),
        paid=st.integers(0, 10**6),
        tokens=st.integers(0, 10**12),
        cost_nusd=amounts,
        saved_nusd=amounts,
    ),
    max_size=8,
)


@given(lines, lines, st.integers(1, 336))
def test_parts_and_members_add_up_to_the_change_for_any_data(now, usual, hours):
    found = cause(now, usual, hours)
    assert found.now_nusd == sum(one.cost_nusd for one in now)
    assert sum(found.parts.values()) == found.delta_nusd
    assert all(type(part) is int for part in found.parts.values())
    for name in BY:
        assert sum(nusd for _, nusd in found.by[name]) == found.delta_nusd


@given(st.integers(-(10**20), 10**20), st.integers(1, 1_000))
def test_rounding_is_to_the_nearest_whole(total, hours):
    assert abs(round_half(total, hours) * hours - total) * 2 <= hours


def test_nothing_changed_is_no_cause():
    found = cause([line()], [line()], 1)
    assert found.delta_nusd == 0
    assert set(found.parts.values()) == {0}


USUAL = line(calls=140, paid=140, tokens=14_000, cost_nusd=70_000_000)  # of 14 hours


@pytest.mark.parametrize(
    ("now", "first", "times"),
    [
        (line(calls=100, paid=100, tokens=10_000, cost_nusd=50_000_000), "volume", 10),
        (line(tokens=10_000, cost_nusd=50_000_000), "tokens", 10),
        (line(model="dear", cost_nusd=50_000_000), "price", 10),
    ],
)
def test_a_planted_cause_explains_all_of_it(now, first, times):
    found = cause([now], [USUAL], 14)
    assert found.first == first
    assert found.parts[first] == found.delta_nusd == 45_000_000
    assert found.times[first] == pytest.approx(times)


def test_a_response_cache_that_is_off_is_the_cause():
    usual = line(calls=100, paid=10, tokens=1_000, cost_nusd=5_000_000)
    now = line(calls=100, paid=100, tokens=10_000, cost_nusd=50_000_000)
    found = cause([now], [usual], 1)
    assert (found.first, found.parts["cache"]) == ("cache", 45_000_000)


def test_a_prompt_cache_that_is_off_is_the_cause():
    usual = line(cost_nusd=1_000_000, saved_nusd=4_000_000)
    found = cause([line(cost_nusd=5_000_000)], [usual], 1)
    assert (found.first, found.parts["cache"]) == ("cache", 4_000_000)


def test_answers_that_were_all_free_before_are_the_caches_part():
    found = cause([line()], [line(paid=0, tokens=0, cost_nusd=0)], 1)
    assert found.parts == {"volume": 0, "tokens": 0, "price": 0, "cache": 5_000_000}


def test_a_model_that_was_free_before_is_the_prices_part():
    assert cause([line()], [line(cost_nusd=0)], 1).parts["price"] == 5_000_000


def test_somebody_new_is_more_volume_and_somebody_gone_is_less():
    found = cause([line(person="bo")], [line()], 1)
    assert found.parts == {"volume": 0, "tokens": 0, "price": 0, "cache": 0}
    assert found.by["person"] == [("bo", 5_000_000), ("ana", -5_000_000)]


def test_two_causes_share_the_change_by_how_much_each_multiplies():
    both = line(calls=40, paid=40, tokens=16_000, cost_nusd=80_000_000)  # 4x calls, 4x tokens
    parts = cause([both], [line()], 1).parts
    assert parts["volume"] == pytest.approx(parts["tokens"], abs=1)
    assert parts["price"] == pytest.approx(0, abs=1)


def test_one_member_moved_it_and_the_list_says_so():
    now = [line(prompt="long", tokens=9_000, cost_nusd=45_000_000), line(person="bo")]
    found = cause(now, [line(prompt="short"), line(person="bo")], 1)
    assert found.by["prompt"] == [("long", 45_000_000), ("p", 0), ("short", -5_000_000)]
    assert found.by["person"] == [("ana", 40_000_000), ("bo", 0)]
