"""Arms side by side, from what was recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.governance.policies.arms import ArmResult, compare
from core.storage.database import Database, now
from core.storage.migrations import migrate
from tests.core.governance.policies.book import Book


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def book(database):
    return Book(database)


def test_each_arm_tells_people_cost_tokens_latency_and_failures(database, book):
    for n in range(1, 21):
        book.call(
            "a", person=f"p{n % 4}", cost_nusd=n, latency_ms=n * 10,
            prompt_tokens=10, completion_tokens=n % 2,
        )  # fmt: skip
    book.call("b", cost_nusd=7, latency_ms=5, prompt_tokens=3)
    book.call("b", used=False, state="failed")
    assert compare(database, "acme", "chat") == {
        "a": ArmResult("a", 4, 20, 210, 10, 10, 100, 190, 0, 0.0),
        "b": ArmResult("b", 1, 1, 7, 7, 3, 5, 5, 1, 0.5),
    }


def test_a_failure_that_used_something_counts_once(database, book):
    book.call("a", state="failed", cost_nusd=3)
    book.call("a")
    found = compare(database, "acme", "chat")["a"]
    assert (found.calls, found.failed, found.failed_share) == (1, 1, 0.5)


def test_an_attempt_that_broke_off_is_no_answer_but_costs(database, book):
    """What a call costs is what its answer took, the attempts before it included."""
    book.call("a", cost_nusd=100, prompt_tokens=10, latency_ms=300)
    book.call("a", state="failed", cost_nusd=40, prompt_tokens=4, latency_ms=9_000)
    book.call("b", state="failed", cost_nusd=40)
    assert compare(database, "acme", "chat") == {
        "a": ArmResult("a", 1, 1, 140, 140, 14, 300, 300, 1, 0.5),
        "b": ArmResult("b", 1, 0, 40, failed=1, failed_share=1.0),
    }


def test_an_answer_from_the_cache_says_nothing_of_a_models_speed(database, book):
    book.call("a", cost_nusd=90, latency_ms=800)
    for _ in range(9):
        book.call("a", cache_hit=True)
    book.call("b", cache_hit=True)
    found = compare(database, "acme", "chat")
    assert (found["a"].latency_ms_p50, found["a"].latency_ms_p95) == (800, 800)
    assert (found["a"].calls, found["a"].cost_nusd_per_call) == (10, 9)
    assert (found["b"].calls, found["b"].latency_ms_p50) == (1, 0)


def test_a_batch_counts_its_answers_and_says_nothing_of_a_models_speed(database, book):
    batch = {"batch": True, "units": 10, "unit": "request", "latency_ms": 7_200_000}
    book.call("a", cost_nusd=500, prompt_tokens=900, completion_tokens=100, **batch)
    book.call("b", cost_nusd=1_000, prompt_tokens=100, latency_ms=800)
    book.call("b", cost_nusd=500, prompt_tokens=900, completion_tokens=100, **batch)
    assert compare(database, "acme", "chat") == {
        "a": ArmResult("a", 1, 10, 500, 50, 100),
        "b": ArmResult("b", 1, 11, 1_500, 136, 100, 800, 800),
    }


def test_a_failure_under_another_use_case_of_the_task_is_not_its_own(database, book):
    book.call("a", use_case="mail", state="failed")
    assert compare(database, "acme", "chat") == {}
    assert compare(database, "acme", "mail")["a"].failed == 1


def test_a_failure_that_used_nothing_is_that_of_the_policy_it_ran_under(database, book):
    """A task may ask a model under another use case than its own, and be in another arm there."""
    whose = {"use_case": "mail", "variant": "b"}
    book.call("a", used=False, state="failed", error=whose)
    book.call("a", used=False, state="failed", error={"use_case": "mail", "variant": ""})
    book.call("a", used=False, state="failed", error={"error": "KeyError"})
    assert {arm: one.failed for arm, one in compare(database, "acme", "mail").items()} == {
        "": 1,
        "b": 1,
    }
    assert {arm: one.failed for arm, one in compare(database, "acme", "chat").items()} == {"a": 1}


def test_a_cancel_and_a_refusal_are_no_failures(database, book):
    book.call("a", state="cancelled")
    book.call("a", used=False, state="refused")
    assert compare(database, "acme", "chat")["a"].failed_share == 0


def test_other_organisations_use_cases_kinds_and_times_stay_out(database, book):
    book.call("a", org="other")
    book.call("a", name="mail")
    book.call("a", kind="moderation")
    book.call("a", at=now() - timedelta(days=2))
    book.call("a", org="other", used=False, state="failed")
    assert compare(database, "acme", "chat", now() - timedelta(days=1)) == {}
    assert compare(database, "acme", "chat")["a"].calls == 1


def test_an_arm_that_only_failed_is_there(database, book):
    book.call("b", used=False, state="failed")
    assert compare(database, "acme", "chat") == {"b": ArmResult("b", failed=1, failed_share=1.0)}
