"""A leg: from a start to an end or a question."""

from __future__ import annotations

import sys
import traceback

import pytest

from core.errors import Invalid
from core.kernel import legs
from tests.core.kernel.proofs.parts import ANA, WORLD, happens, one, run_sql, steps, until


def test_two_parked_tasks_do_not_block_a_third_with_concurrency_2(kernel):
    waiting = [kernel.submit("publish", {}, ANA) for _ in range(2)]
    for task_id in waiting:
        until(kernel, task_id, "waiting")
    third = until(kernel, kernel.submit("six", {}, ANA), "done")
    assert third.state == "done"
    happens(lambda: threads_in_tasks() == 0)
    kernel.answer(waiting[0], 2, "approved", by="bo")
    task = until(kernel, waiting[0], "done")
    assert task.output["parts"] == ["draft", "published", "after"]
    with pytest.raises(Invalid):
        kernel.answer(waiting[0], 2, "rejected", by="eve")
    kernel.answer(waiting[1], 2, "rejected", by="bo")
    task = until(kernel, waiting[1], "failed")
    assert (task.error["code"], steps(kernel, task.id)[1].state) == ("rejected", "refused")


def threads_in_tasks():
    stacks = [traceback.extract_stack(frame) for frame in sys._current_frames().values()]
    return sum(any(call.name == "_work" for call in stack) for stack in stacks)


def test_a_leg_that_is_no_longer_the_latest_does_nothing(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    kernel.answer(task_id, 2, "approved", by="bo")
    until(kernel, task_id, "done")
    before = len(kernel.events.since(task_id))
    legs.work(kernel, task_id, 1)
    legs.work(kernel, task_id, 2)
    assert len(kernel.events.since(task_id)) == before
    assert len(WORLD.lines("acts")) == 3


def test_a_task_ends_once(kernel):
    task_id = until(kernel, kernel.submit("tells", {}, ANA), "done").id
    legs.end(kernel, task_id, "failed", error={"code": "error"})
    task = kernel.task(task_id)
    assert (task.state, task.error) == ("done", None)
    assert [e.type for e in kernel.events.since(task_id) if e.type.startswith("task.")] == [
        "task.queued",
        "task.running",
        "task.done",
    ]


def test_an_operation_that_breaks_fails_its_task_and_says_how(kernel):
    task_id = kernel.submit("shows", {}, ANA)  # the world shows nothing yet
    task = until(kernel, task_id, "failed")
    assert (task.error["code"], task.error["details"]) == ("act_failed", {"error": "IndexError"})


def test_quitting_is_a_failure_like_any_other(kernel):
    task = until(kernel, kernel.submit("quits", {}, ANA), "failed")
    assert task.error["details"] == {"error": "SystemExit"}
    assert steps(kernel, task.id)[0].outcome["details"] == {"error": "SystemExit"}


def test_a_waiting_task_holds_no_money_and_its_composite_stays_open(kernel):
    task_id = kernel.submit("asks_in_group", {}, ANA)
    until(kernel, task_id, "waiting")
    assert [step.state for step in steps(kernel, task_id)] == ["running", "waiting"]
    assert one(kernel, "select count(*) from ledger_hold") == (0,)
    kernel.answer(task_id, 2, "approved", by="bo")
    until(kernel, task_id, "done")
    rows = steps(kernel, task_id)
    assert [(step.state, step.parent_seq) for step in rows] == [("done", None), ("done", 1)]


def test_an_answer_starts_the_next_leg_whatever_the_clock_says(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    run_sql(kernel, "update kernel_wait set deadline_at = :at", at="2999-01-01 00:00:00.000000")
    kernel.answer(task_id, 2, "approved", by="bo")
    assert until(kernel, task_id, "done").leg == 2
