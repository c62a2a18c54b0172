"""What looks after what no running task can."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import Unavailable
from core.kernel import Ask, watch
from core.kernel.records import TASK
from core.storage.database import now
from tests.core.kernel.proofs import ends, parts
from tests.core.kernel.proofs.parts import ANA, acting, happens, one, run_sql, steps, until


def test_a_deadline_expires_a_waiting_task(url):
    kernel = parts.open_studio(url, patience=timedelta(seconds=0.3))
    task = until(kernel, kernel.submit("publish", {}, ANA), "expired")
    assert [s.state for s in steps(kernel, task.id)] == ["done", "expired"]
    parts.books(kernel)
    parts.close_studio(kernel)


def test_an_act_that_ignores_its_stop_is_abandoned_at_its_estimate(kernel, monkeypatch):
    monkeypatch.setattr(watch, "STOP_GRACE", timedelta(seconds=0.5))
    task_id = kernel.submit("deaf", {}, ANA)
    acting(kernel, task_id)
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled")
    assert steps(kernel, task_id)[0].cost_nusd == 10
    parts.HEARD.set()
    ends.left(task_id)  # the act came back and changed nothing
    assert steps(kernel, task_id)[0].cost_nusd == 10


@pytest.fixture(autouse=True)
def _deaf():
    """Whoever is deaf hears something when the test is over."""
    parts.HEARD.clear()
    yield
    parts.HEARD.set()


@pytest.fixture
def still(kernel):
    """A kernel whose own watch has ended: what it does, only the test makes it do."""
    kernel.watch.close()
    return kernel


def test_a_batch_has_time_to_stop_at_its_provider(still):
    task_id = still.submit("blocked", {}, ANA)
    acting(still, task_id)
    (call,) = still.calls._open[task_id]
    run_sql(still, "update kernel_step set kind = 'batch'")
    for minute in (9, 11):
        values = {"cancel_at": now() - timedelta(minutes=minute)}
        update = sa.update(TASK).where(TASK.c.id == task_id).values(values)
        still.database.transaction(lambda db, update=update: db.execute(update))
        still.watch.abandon()
        assert still.task(task_id).state == ("running" if minute < 10 else "cancelled")
    call.stop()


OLD = "2020-01-01 00:00:00.000000"


def test_a_task_whose_leg_the_engine_gave_up_is_buried_at_its_estimate(still):
    task_id = still.submit("blocked", {}, ANA)
    acting(still, task_id)
    (call,) = still.calls._open[task_id]
    still.engine.cancel(task_id, 1)
    still.watch.bury()
    assert still.task(task_id).state == "running", "it may be about to end by itself"
    run_sql(still, "update kernel_task set created_at = :old", old=OLD)
    still.watch.bury()
    task = still.task(task_id)
    assert (task.state, task.error["details"]) == ("failed", {"error": "GivenUp"})
    assert [e.type for e in still.events.since(task_id)][-1] == "task.failed"
    (step,) = steps(still, task_id)
    assert (step.state, step.cost_nusd) == ("cancelled", 10)
    assert one(still, "select count(*) from ledger_hold where state = 'open'") == (0,)
    call.stop()  # the thread that nobody waits for


def test_a_burial_that_breaks_off_leaves_everything_as_it_was(still, monkeypatch):
    task_id = still.submit("blocked", {}, ANA)
    acting(still, task_id)
    (call,) = still.calls._open[task_id]
    still.engine.cancel(task_id, 1)
    write = still.events.write

    def full(db, of, *events):
        if events[0][0] == "task.failed":
            raise Unavailable("The disk is full.")
        write(db, of, *events)

    monkeypatch.setattr(still.events, "write", full)
    run_sql(still, "update kernel_task set created_at = :old", old=OLD)
    with pytest.raises(Unavailable):
        still.watch.bury()
    assert still.task(task_id).state == "running"
    assert [step.state for step in steps(still, task_id)] == ["running"]
    monkeypatch.undo()
    still.watch.bury()
    assert [step.state for step in steps(still, task_id)] == ["cancelled"]
    call.stop()


def test_a_living_task_is_never_buried(still):
    task_id = still.submit("blocked", {}, ANA)
    acting(still, task_id)
    run_sql(still, "update kernel_task set created_at = :old", old=OLD)
    still.watch.bury()
    assert still.task(task_id).state == "running"


def test_a_hold_lives_while_its_act_runs_and_expires_when_its_owner_is_dead(still):
    task_id = still.submit("blocked", {}, ANA)
    acting(still, task_id)
    happens(lambda: still.database.rows(sa.text("select 1 from ledger_hold")))
    dead = Ask("dead", 1, "tool", "x", ANA, {"nusd": 30})
    still.database.transaction(lambda db: still.ledger.hold(db, dead))
    run_sql(still, "update ledger_hold set lease_at = :old", old=OLD)
    still.watch.renew()
    still.watch.free()
    states = dict(still.database.rows(sa.text("select key, state from ledger_hold")))
    assert states == {f"{task_id}:1": "open", "dead:1": "expired"}
    held = "select held from ledger_account where name = 'org:acme nusd'"
    assert one(still, held) == (10,)


def test_a_task_the_engine_never_heard_of_is_started(still):
    waiting = still.submit("publish", {}, ANA)
    until(still, waiting, "waiting")
    sql = "update kernel_task set state = 'queued', leg = 2, wake_at = :old"
    run_sql(still, "update kernel_wait set verdict = 'approved'")
    run_sql(still, sql, old=OLD)  # committed, and then the process died
    still.watch.restart()
    until(still, waiting, "done")


def test_a_rejected_question_never_expires(still):
    task_id = still.submit("publish", {}, ANA)
    until(still, task_id, "waiting")
    run_sql(still, "update kernel_wait set verdict = 'rejected', deadline_at = :old", old=OLD)
    still.watch.expire()
    assert one(still, "select verdict from kernel_wait") == ("rejected",)


def test_a_process_that_beats_is_not_adopted_and_a_silent_one_is_forgotten(still):
    still.watch.beat()
    later = {"id": "silent", "at": now() - timedelta(hours=1)}
    insert = "insert into kernel_process (id, beat_at) values (:id, :at)"
    still.database.transaction(
        lambda db: db.execute(
            sa.text(insert).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True))), later
        )
    )
    still.watch.adopt()
    assert one(still, "select id from kernel_process") == (still.process_id,)
