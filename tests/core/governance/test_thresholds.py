"""Shares of a limit: each told once a window, the highest when several were passed at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.governance.alerts import tell
from core.governance.thresholds import crossed, money, news_of, refused
from core.ledger import Remaining
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.governance.parts import ANA

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PERCENTS = (50, 80, 100)


def limit(spent, most=1_000, *, scope="org:acme", unit="nusd", period="day", held=0):
    return Remaining.of((scope, unit, period), most, held, spent, AT)


@pytest.fixture
def database(sqlite_url):
    opened = Database(sqlite_url)
    migrate(opened)
    yield opened
    opened.close()


@given(
    st.integers(0, 2**62),
    st.integers(0, 2**40),
    st.integers(1, 2**62),
    st.sets(st.integers(1, 200)),
)
def test_a_share_is_reached_exactly_when_it_is_spent_whatever_is_held(spent, held, most, percents):
    found = crossed(limit(spent, most, held=held), percents)
    assert found == sorted(p for p in percents if spent * 100 >= p * most)


def test_a_limit_of_nothing_and_of_one_request_fill_up_never():
    assert crossed(limit(5, 0), PERCENTS) == []
    assert crossed(limit(900, period="request"), PERCENTS) == []


def test_each_share_is_told_once_as_spending_grows(database):
    told = []
    for spent in range(0, 1_001, 50):
        for _ in range(2):  # looking again tells nothing new
            found = news_of(database, ANA, [limit(spent)], PERCENTS, AT)
            tell(database, found)
            told += [(spent, one.cause["percent"], one.severity) for one in found]
    assert told == [(500, 50, "warning"), (800, 80, "warning"), (1_000, 100, "critical")]


def test_a_jump_over_several_is_told_once_with_the_highest(database):
    found = news_of(database, ANA, [limit(850)], PERCENTS, AT)
    assert [one.cause["percent"] for one in found] == [80]
    tell(database, found)
    assert news_of(database, ANA, [limit(600)], PERCENTS, AT) == []


def test_what_a_batch_holds_is_not_told_as_used_and_what_is_spent_later_is(database):
    tell(database, news_of(database, ANA, [limit(1, held=780)], PERCENTS, AT))
    (one,) = news_of(database, ANA, [limit(510)], PERCENTS, AT)
    assert one.cause["percent"] == 50


def test_the_next_window_and_a_changed_limit_are_told_anew(database):
    tell(database, news_of(database, ANA, [limit(900)], PERCENTS, AT))
    assert news_of(database, ANA, [limit(900)], PERCENTS, AT + timedelta(hours=1)) == []
    assert news_of(database, ANA, [limit(900)], PERCENTS, AT + timedelta(days=1))
    lowered = news_of(database, ANA, [limit(900, 600)], PERCENTS, AT)
    assert [one.severity for one in lowered] == ["critical"], "lowered below what is spent"


def test_every_scope_unit_and_window_is_its_own(database):
    limits = [
        limit(900, scope=scope, unit=unit, period=period)
        for scope in ("org:acme", "team:growth", "person:ana", "project:p1")
        for unit in ("nusd", "tokens")
        for period in ("hour", "day", "total")
    ]
    found = news_of(database, ANA, limits, PERCENTS, AT)
    assert len({one.key for one in found}) == 4 * 2 * 3
    assert {one.org_id for one in found} == {"acme"}


def test_scopes_that_are_made_every_day_are_told_more_quietly(database):
    for scope in ("task:1", "session:1"):
        found = news_of(database, ANA, [limit(600, scope=scope)], PERCENTS, AT)
        assert [one.severity for one in found] == ["info"]
        found = news_of(database, ANA, [limit(1_000, scope=scope)], PERCENTS, AT)
        assert [one.severity for one in found] == ["warning"]


def test_the_sentence_says_who_which_limit_and_how_much(database):
    some = limit(8_190_000_000, 10_000_000_000, held=10**9)
    (one,) = news_of(database, ANA, [some], PERCENTS, AT)
    assert one.title == "The organisation: the daily limit is 81% used, $8.19 of $10.00."
    some = limit(9_400, 9_000, scope="person:ana", unit="tokens", period="total")
    (one,) = news_of(database, ANA, [some], PERCENTS, AT)
    assert one.title == "ana: the total limit is used up, 9,400 tokens of 9,000 tokens."


def test_a_refusal_is_news_when_a_limit_over_time_refused(database):
    details = {"scope": "org:acme", "unit": "nusd", "period": "day", "max": 10**10, "left": 10**7}
    one = refused(database, ANA, details, AT)
    assert (one.severity, one.kind) == ("critical", "refusal")
    assert one.title == (
        "The organisation: steps are refused. The daily limit has $0.01 left of $10.00."
    )
    assert refused(database, ANA, {**details, "period": "request"}, AT) is None
    assert refused(database, ANA, {**details, "max": 0}, AT) is None
    assert refused(database, ANA, {}, AT) is None


def test_money_under_a_cent_keeps_its_digits():
    assert money("nusd", 1_234_567_890) == "$1.23"
    assert money("nusd", 17) == "$0.000000017"
    assert money("nusd", -2_500_000_000) == "-$2.50"
    assert money("tokens", 9_400) == "9,400 tokens"
