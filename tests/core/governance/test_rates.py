"""Doors: how often somebody may ask, and how much may wait."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Busy, RateLimited
from core.governance import rates
from core.governance.rates import QueueDoor, RateDoor
from core.kernel import Kernel, Policy, Who
from core.kernel.records import AUDIT, TASK
from core.ledger import Accounts
from core.storage.database import Database
from core.storage.migrations import migrate
from tests import services
from tests.core.governance.parts import ANA, BO, QUEUES
from tests.core.kernel.proofs.parts import until

POLICY = Policy()


def entered(door, times, operation="op", who=ANA):
    return [door.enter(operation, who, POLICY).answer for _ in range(times)].count("allow")


def pass_by(door, seconds):
    """So much time passes: whoever was let in was so that much earlier."""
    for entries in door._here.storage.events.values():
        for entry in entries:
            entry.atime -= seconds
            entry.expiry -= seconds


@pytest.fixture
def redis():
    with services.redis() as server:
        yield server


def test_somebody_signed_in_may_ask_twenty_times_a_minute_and_a_visitor_five_times():
    door = RateDoor()
    assert entered(door, 30) == 20
    assert entered(door, 30, who=Who(org="acme", person="")) == 5
    assert entered(door, 30, who=Who(org="acme", person="anonymous:10.0.0.1")) == 5


def test_each_person_each_operation_and_each_organisation_has_its_own_count():
    door = RateDoor(2)
    assert entered(door, 3) == 2
    assert entered(door, 3, who=BO) == 2
    assert entered(door, 3, "other") == 2
    assert entered(door, 3, who=Who(org="elsewhere", person="ana")) == 2


def test_a_refusal_says_when_to_come_back_and_then_it_is_so():
    door = RateDoor(1, window_s=3_600)
    assert door.enter("op", ANA, POLICY).answer == "allow"
    no = door.enter("op", ANA, POLICY)
    wait_s = no.details["retry_after_s"]
    assert wait_s in range(3_000, 3_601)
    assert (no.answer, no.code, no.details["limit"]) == ("refuse", "rate_limited", 1)
    assert no.hint == f"Try again in {wait_s} s."
    pass_by(door, wait_s - 600)
    assert door.enter("op", ANA, POLICY).details["retry_after_s"] <= 600, "it has come nearer"
    pass_by(door, 600)
    assert door.enter("op", ANA, POLICY).answer == "allow"


def test_a_limit_of_zero_lets_nobody_in():
    door = RateDoor(0)
    assert door.enter("op", ANA, POLICY).details["retry_after_s"] == 60


@given(st.integers(0, 8), st.integers(0, 20))
def test_never_more_than_the_limit_get_in(most, times):
    assert entered(RateDoor(most), times) == min(most, times)


@pytest.mark.parametrize("shared", [False, True])
def test_thirty_at_the_same_moment_are_no_more_than_the_limit(shared, redis):
    door = RateDoor(7, redis_url=redis.url if shared else "", timeout_s=60)
    allowed = []
    run = lambda: allowed.append(entered(door, 1))  # noqa: E731
    threads = [threading.Thread(target=run) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 7
    door.close()


def test_two_processes_share_their_counts_in_redis(redis):
    shared = {"redis_url": redis.url, "window_s": 3_600, "timeout_s": 60}
    one, two = (RateDoor(3, **shared) for _ in range(2))
    assert one.detail == "Redis"
    assert entered(one, 2) == 2
    assert entered(two, 5) == 1
    assert two.enter("op", ANA, POLICY).details["retry_after_s"] in range(3_000, 3_601)
    one.close()
    two.close()


def test_a_redis_that_is_silent_delays_one_request_a_little_and_the_limit_holds_in_process(
    redis, monkeypatch
):
    assert rates.TIMEOUT_S <= 0.25
    door = RateDoor(3, redis_url=redis.url, timeout_s=60, rest_s=3_600)
    assert entered(door, 1) == 1
    redis.signal(signal.SIGSTOP)
    door._timeout_s, submit, asked = 0.2, door._asking.submit, []
    monkeypatch.setattr(door._asking, "submit", lambda *hit: asked.append(hit) or submit(*hit))
    assert door.enter("op", ANA, POLICY).answer == "allow"
    assert entered(door, 30) == 2
    assert len(asked) == 1, "none of the others waited"
    assert "Redis is down" in door.detail
    redis.signal(signal.SIGCONT)
    door.close()


def test_a_redis_that_is_gone_is_asked_again_later(redis):
    door = RateDoor(3, redis_url=redis.url, timeout_s=60, rest_s=0.3)
    assert entered(door, 2) == 2
    redis.kill()
    assert entered(door, 4) == 3  # the counts of this process begin at nothing
    time.sleep(0.35)
    redis.start()
    assert entered(door, 4) == 3  # it came back empty
    assert door.detail == "Redis"
    door.close()


def test_what_redis_says_is_not_in_the_log(caplog):
    door = RateDoor(3, redis_url="redis://ana:hush-hush@127.0.0.1:1/0")
    assert entered(door, 1) == 1
    assert "Redis does not answer" in caplog.text
    assert "hush" not in caplog.text
    door.close()


def opened(url, *doors):
    database = Database(url)
    migrate(database)
    made = [door(database) if callable(door) else door for door in doors]
    return Kernel(database, Accounts(database), doors=made, queues=QUEUES)


def test_a_task_that_comes_too_often_is_never_queued_and_the_auditors_know(sqlite_url):
    kernel = opened(sqlite_url, RateDoor(1, window_s=3_600))
    first = kernel.submit("governed.more", {}, ANA, id="a")
    until(kernel, first, "done", "failed")
    with pytest.raises(RateLimited) as no:
        kernel.submit("governed.more", {}, ANA, id="b")
    assert no.value.details["retry_after_s"] >= 3_000
    assert kernel.submit("governed.more", {}, ANA, id="a") == "a"  # a repeat is no request
    assert [row.id for row in kernel.database.rows(TASK.select())] == ["a"]
    refusals = [row for row in kernel.database.rows(AUDIT.select()) if row.what == "refuse"]
    assert refusals[0].data["verdicts"][0]["code"] == "rate_limited"
    kernel.close()


def waiting(database, org, count, queue="interactive", first=0):
    """Rows of tasks that wait, as another process would have written them."""
    rows = [
        {"id": f"{org}{queue}{n}", "operation": "governed.more", "org_id": org, "person_id": "x",
         "who": {"org": org, "person": "x"}, "queue": queue, "input": {}, "state": "queued"}
        for n in range(first, first + count)
    ]  # fmt: skip
    database.transaction(lambda db: db.execute(TASK.insert(), rows))


def test_a_full_queue_turns_away_and_says_when_to_come_back(url):
    database = Database(url)
    migrate(database)
    door = QueueDoor(database, 3)
    waiting(database, "acme", 2)
    waiting(database, "acme", 5, "batch")
    waiting(database, "other", 5)
    assert door.enter("op", ANA, POLICY).answer == "allow"
    waiting(database, "acme", 1, first=2)
    no = door.enter("op", ANA, POLICY)
    assert (no.code, no.details) == ("busy", {"queue": "interactive", "retry_after_s": 60})
    assert no.message == "3 tasks wait in the interactive queue already."
    assert door.enter("op", ANA, Policy(queue="render")).answer == "allow"
    database.close()


def test_who_is_turned_away_gets_an_error_of_its_kind(sqlite_url):
    kernel = opened(sqlite_url, lambda database: QueueDoor(database, 1))
    waiting(kernel.database, "acme", 1)
    with pytest.raises(Busy) as no:
        kernel.submit("governed.more", {}, ANA)
    assert no.value.details["queue"] == "interactive"
    kernel.close()
