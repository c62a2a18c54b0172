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
    assert (found.calls, found.failed, found.failed_share) == (2, 1, 0.5)


def test_a_failure_under_another_use_case_of_the_task_is_not_its_own(database, book):
    book.call("a", use_case="mail", state="failed")
    assert compare(database, "acme", "chat") == {}
    assert compare(database, "acme", "mail")["a"].failed == 1


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
