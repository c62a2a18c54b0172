"""A limit's words: exact to the last unit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.limits import Remaining, amount, refusal

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_amount_of_money_is_written_exactly(nusd):
    text = amount("nusd", nusd)
    assert Decimal(text.replace("$", "").replace(",", "")) * 10**9 == nusd
    assert len(text.partition(".")[2]) >= 2


@pytest.mark.parametrize(
    ("nusd", "text"),
    [(0, "$0.00"), (1_200_000_000, "$1.20"), (17, "$0.000000017"), (-500_000_000, "-$0.50")],
)
def test_money_as_people_read_it(nusd, text):
    assert amount("nusd", nusd) == text


def test_tokens_as_people_read_them():
    assert amount("tokens", 9_400) == "9,400 tokens"


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15))
def test_what_is_left_is_what_is_neither_held_nor_spent(most, held, spent):
    row = Remaining.of(("org:o", "nusd", "day"), most, held, spent, AT)
    assert row.left + row.held + row.spent == row.max
    assert row.resets_at == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_refusal_says_which_limit_how_much_and_when():
    said = refusal(("person:ana", "tokens", "hour"), 5_000, 12, AT)
    assert (said.answer, said.code) == ("refuse", "budget_exceeded")
    assert said.message == "The hourly limit of this person has 12 tokens left of 5,000 tokens."
    assert said.hint == "Ask an owner to raise it or wait until 10:00 UTC."
    assert said.details["resets_at"] == "2026-11-20T10:00:00+00:00"


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("use:9f1e:lead_scoring", "this person in 'lead_scoring'"),
        ("task:9f1e:mail: a, b", "this task in 'mail: a, b'"),
        ("task:9f1e", "this task"),
        ("person:9f1e", "this person"),
        ("session:9f1e", "this session"),
        ("team:9f1e", "the team"),
        ("org:9f1e", "the organisation"),
        ("project:9f1e:launch", "project:launch"),
        ("key:ci", "key:ci"),
    ],
)
def test_a_refusal_names_people_and_use_cases_but_no_ids(scope, named):
    said = refusal((scope, "nusd", "day"), 2_000_000_000, 700_000, AT)
    assert said.message == f"The daily limit of {named} has $0.0007 left of $2.00."
    assert said.details["scope"] == scope
    assert "has $0.00 left of" in refusal((scope, "nusd", "day"), 2_000_000_000, -9, AT).message
    stopped = refusal((scope, "nusd", "request"), 0, 0, AT)
    assert stopped.message == f"Spending is stopped for {named}."


@pytest.mark.parametrize("period", ["total", "request"])
def test_a_limit_that_never_resets_does_not_tell_anybody_to_wait(period):
    said = refusal(("project:p", "nusd", period), 5, 1, AT)
    assert said.hint == "Ask an owner to raise it."
    assert said.details["resets_at"] is None
