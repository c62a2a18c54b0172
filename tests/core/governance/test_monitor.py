"""The monitor: told by the kernel, at once, once; asleep while nothing is spent."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.governance import monitor as module
from core.governance.alerts import alerts
from core.governance.monitor import Monitor
from core.governance.records import ALERT
from core.governance.webhook import Webhook
from core.kernel import Ask
from core.storage.database import now
from tests.core.governance.anomalies.test_history import AT, use, weeks, written
from tests.core.governance.parts import ANA, BO, done, open_kernel
from tests.loopback.webhook_server import black_hole, receiver


@pytest.fixture
def kernel(url):
    opened = open_kernel(url)
    yield opened
    opened.close()
    opened.database.close()


@pytest.fixture
def watched(kernel):
    """The kernel with a monitor that listens."""
    monitor = Monitor(kernel.database, kernel.ledger)
    kernel.listeners.append(monitor.told)
    monitor.start()
    yield kernel
    monitor.close()


def told(kernel, count, org="acme", within_s=60.0):
    """The alerts, once there are `count` of them."""
    end = time.monotonic() + within_s
    while time.monotonic() < end and len(alerts(kernel.database, org)) < count:
        time.sleep(0.02)
    return alerts(kernel.database, org)


def percents(rows):
    return sorted((row.scope, row.cause["percent"]) for row in rows if row.kind == "threshold")


def test_a_limit_that_fills_up_is_told_at_each_share(watched):
    watched.ledger.limit("org:acme", "nusd", "day", 140)
    for count, nusd in enumerate((36, 21, 12), start=1):
        done(watched, "more", nusd=nusd, most=nusd)  # two steps each: 72, 114, 138
        rows = told(watched, min(count, 2))
    assert percents(rows) == [("org:acme", 50), ("org:acme", 80)]
    done(watched, "more", BO, nusd=1, most=1)
    rows = told(watched, 3)
    assert [row.severity for row in rows if row.cause["percent"] == 100] == ["critical"]


def test_a_limit_lowered_below_what_is_spent_is_told_when_it_is_looked_at(kernel):
    done(kernel, "more")
    kernel.ledger.limit("person:ana", "nusd", "total", 10)
    monitor = Monitor(kernel.database, kernel.ledger)
    assert len(monitor.look(ANA)) == 1
    assert monitor.look(ANA) == []
    assert percents(alerts(kernel.database, "acme")) == [("person:ana", 100)]


def test_every_scope_that_pays_is_watched_in_money_and_in_tokens(watched):
    for scope in ("org:acme", "team:growth", "person:ana"):
        watched.ledger.limit(scope, "nusd", "hour", 20)
        watched.ledger.limit(scope, "tokens", "total", 8)
    done(watched, "more", nusd=8, most=8)  # 16 nusd, 6 tokens of 3 a step
    rows = told(watched, 6)
    assert {(row.scope, row.cause["unit"]) for row in rows} == {
        (scope, unit)
        for scope in ("org:acme", "team:growth", "person:ana")
        for unit in ("nusd", "tokens")
    }


def test_a_budget_of_a_task_is_watched(watched):
    task_id = watched.submit("governed.more", {"nusd": 8, "most": 8}, ANA, budget={"nusd": 20})
    rows = told(watched, 1)
    assert {(row.scope, row.severity) for row in rows} == {(f"task:{task_id}", "info")}


def test_two_monitors_tell_it_once(watched):
    other = Monitor(watched.database, watched.ledger)
    watched.listeners.append(other.told)
    other.start()
    watched.ledger.limit("org:acme", "nusd", "day", 100)
    for _ in range(4):
        done(watched, "more", nusd=7)
    time.sleep(0.4)
    other.close()
    rows = told(watched, 1)
    assert percents(rows) == [("org:acme", 50)]


def test_a_refused_step_is_told(watched):
    watched.ledger.limit("org:acme", "nusd", "day", 15)
    task = watched.task(done(watched, "more", nusd=7, most=10))
    assert task.error["code"] == "budget_exceeded"
    rows = [row for row in told(watched, 1) if row.kind == "refusal"]
    end = time.monotonic() + 60
    while not rows and time.monotonic() < end:
        rows = [row for row in alerts(watched.database, "acme") if row.kind == "refusal"]
    assert [row.severity for row in rows] == ["critical"]
    assert rows[0].title.endswith(
        "steps are refused. The daily limit has $0.000000008 left of $0.000000015."
    )


def test_what_was_heard_before_the_end_is_still_told(kernel):
    monitor = Monitor(kernel.database, kernel.ledger)
    kernel.listeners.append(monitor.told)
    monitor.start()
    kernel.ledger.limit("org:acme", "nusd", "day", 20)
    done(kernel, "more", nusd=9)
    monitor.close()
    assert percents(alerts(kernel.database, "acme")) == [("org:acme", 80)]


def test_an_anomaly_is_told_with_its_cause(watched):
    shift = now() - AT
    rows = [{**row, "at": row["at"] + shift} for row in weeks(operation="governed.more")]
    written(watched.database, rows)
    done(watched, "more", nusd=900_000_000, most=900_000_000)
    rows = [row for row in told(watched, 1) if row.kind == "anomaly"]
    assert rows, "one dollar eighty where seven cents are usual"
    assert rows[0].cause["spent"] == 1_800_000_000
    assert sum(rows[0].cause["parts"].values()) == rows[0].cause["delta"]


def test_an_hours_last_spending_is_judged_in_its_hour_when_the_next_has_begun(kernel, monkeypatch):
    clock = [AT.replace(minute=59, second=55)]
    monkeypatch.setattr(module, "now", lambda: clock[0])
    written(kernel.database, weeks() + use(clock[0], cost_nusd=5_000_000_000))
    monitor = Monitor(kernel.database, kernel.ledger)
    ask = Ask("t", 1, "model", "m", ANA, {}, "ask")
    monitor.told(ask, {"ok": 1, "spent": {"nusd": 5_000_000_000}})
    clock[0] = (AT + timedelta(hours=1)).replace(minute=0, second=15)
    monitor.told(ask, {"ok": 1, "spent": {"nusd": 1}})
    monitor.start()
    monitor.close()
    (row,) = alerts(kernel.database, "acme")
    assert (row.kind, row.cause["hour"]) == ("anomaly", "2026-11-20 13")


def test_free_steps_do_not_wake_it_and_an_idle_one_uses_no_processor(kernel):
    monitor = Monitor(kernel.database, kernel.ledger)
    monitor.start()
    ask = Ask("t", 1, "model", "m", ANA, {})
    monitor.told(ask, {"ok": 1, "spent": {}})
    monitor.told(ask, {"ok": 1, "spent": {"nusd": 0, "tokens": 0}})
    assert not monitor._ready.is_set()
    assert monitor._wait_s() is None, "it sleeps without a clock"
    thread = next(t for t in threading.enumerate() if t.name == "monitor" and t is monitor._thread)
    before = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    time.sleep(1)
    assert time.clock_gettime(time.pthread_getcpuclockid(thread.ident)) - before < 0.005
    monitor.close()


def test_telling_it_returns_at_once_whatever_the_receiver_does(kernel):
    with black_hole() as url:
        monitor = Monitor(kernel.database, kernel.ledger, webhook=Webhook(kernel.database, url))
        monitor.start()
        ask = Ask("t", 1, "model", "m", ANA, {})
        kernel.ledger.limit("org:acme", "nusd", "day", 10)
        done(kernel, "more", nusd=4, most=4)
        for _ in range(2_000):
            monitor.told(ask, {"ok": 1, "spent": {"nusd": 1}})
        rows = told(kernel, 1)
        assert {row.sent_at for row in kernel.database.rows(sa.select(ALERT))} == {None}
        monitor.close()
    assert percents(rows) == [("org:acme", 80)], "told in the studio although nobody took it"


def posted(hook):
    bodies = [json.loads(seen["body"]) for seen in hook.seen]
    return [str(body["data"]["cause"]["percent"]) for body in bodies]


def test_the_webhook_is_posted_when_the_monitor_finds_something(kernel):
    with receiver() as hook:
        monitor = Monitor(
            kernel.database, kernel.ledger, webhook=Webhook(kernel.database, hook.url)
        )
        kernel.listeners.append(monitor.told)
        monitor.start()
        kernel.ledger.limit("org:acme", "nusd", "day", 10)
        done(kernel, "more", nusd=5, most=5)
        end = time.monotonic() + 60
        while "100" not in posted(hook) and time.monotonic() < end:
            time.sleep(0.02)
        monitor.close()
    assert "100" in posted(hook)


def test_a_database_that_fails_once_is_asked_again(kernel, monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    failed = []

    class Books:
        def remaining(self, who):
            if not failed:
                failed.append(1)
                raise sa.exc.OperationalError("select", {}, Exception("locked"))
            return kernel.ledger.remaining(who)

    monitor = Monitor(kernel.database, Books())
    kernel.listeners.append(monitor.told)
    monitor.start()
    kernel.ledger.limit("org:acme", "nusd", "day", 20)
    done(kernel, "more", nusd=9)
    assert percents(told(kernel, 1)) in ([("org:acme", 80)], [("org:acme", 50), ("org:acme", 80)])
    monitor.close()


def test_an_error_nobody_foresaw_is_told_and_the_next_limit_is_still_seen(kernel, caplog):
    class Books:
        def remaining(self, who):
            if who.person == "ana":
                raise ZeroDivisionError
            return kernel.ledger.remaining(who)

    monitor = Monitor(kernel.database, Books())
    assert monitor.trouble == "it does not run"
    kernel.listeners.append(monitor.told)
    monitor.start()
    assert monitor.trouble == ""
    kernel.ledger.limit("org:acme", "nusd", "day", 100)
    done(kernel, "more", nusd=15)
    done(kernel, "more", BO, nusd=15)
    assert percents(told(kernel, 1)) == [("org:acme", 50)]
    assert monitor.trouble.startswith("ZeroDivisionError at ")
    monitor.close()
    assert monitor.trouble.startswith("ZeroDivisionError"), "what it met it still tells"
    assert "The monitor met an error and goes on." in caplog.text
