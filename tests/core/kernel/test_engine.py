"""The engine: queues, legs, and what it gives up."""

from __future__ import annotations

import logging
import time

from core.kernel import Who
from core.kernel.engine import QUEUES, VERSION
from tests.core.kernel.proofs import ends, parts
from tests.core.kernel.proofs.parts import ANA, LONG_S, WORLD, until


def test_no_organisation_starves_another(kernel):
    crowd = [kernel.submit("slow", {}, Who(org="big", person="u")) for _ in range(6)]
    while all(kernel.task(task_id).state == "queued" for task_id in crowd):
        time.sleep(0.01)
    small = kernel.submit("slow", {}, Who(org="small", person="u"))
    until(kernel, small, "running")  # each of the crowd takes much longer
    assert [kernel.task(t).state for t in crowd].count("running") == 1
    for task_id in [*crowd, small]:
        kernel.cancel(task_id)


def test_every_queue_leaves_room_for_a_second_organisation():
    assert {queue.name for queue in QUEUES} == {"interactive", "batch", "render"}
    assert all(queue.per_org < queue.width for queue in QUEUES)
    assert next(q for q in QUEUES if q.name == "interactive").poll_s <= 0.1


def test_starting_a_leg_again_changes_nothing(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    for _ in range(3):
        kernel.start(kernel.task(task_id))
    time.sleep(0.3)
    assert WORLD.lines("acts") == ["1 draft"]
    assert [event.type for event in kernel.events.since(task_id)].count("task.running") == 1


def test_what_the_engine_gave_up_is_told_from_what_it_still_runs(kernel):
    done = until(kernel, kernel.submit("tells", {}, ANA), "done").id
    running = kernel.submit("blocked", {}, ANA)
    parts.acting(kernel, running)
    deadline = time.monotonic() + 90
    while not (gone := kernel.engine.given_up([f"{done}.1", f"{running}.1", "unknown.1"])):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert gone == [f"{done}.1"]


def test_the_engines_log_lines_go_where_ours_go(kernel):
    own = logging.getLogger("dbos")
    assert kernel.engine
    assert own.propagate
    assert [type(handler) for handler in own.handlers] == [logging.NullHandler]


def test_the_version_does_not_follow_the_source(kernel):
    until(kernel, kernel.submit("tells", {}, ANA), "done")
    schema = "" if kernel.database.is_sqlite else "dbos."
    sql = f"select distinct application_version from {schema}workflow_status"
    assert parts.one(kernel, sql) == (VERSION,)


def test_closing_while_an_act_runs_leaves_the_task_to_the_next_process(url, tmp_path):
    WORLD.folder = tmp_path
    kernel = parts.open_studio(url)
    task_id = kernel.submit("stream", {"n": 3}, ANA)
    parts.acting(kernel, task_id)
    (left,) = kernel.calls._open[task_id]
    began = time.monotonic()
    kernel.close()
    assert time.monotonic() - began < LONG_S / 2, "closing does not wait for acts"
    assert kernel.task(task_id).state == "running"
    ends.silent(kernel.database, ends.known(kernel.database))
    kernel.database.close()
    again = parts.open_studio(url)
    parts.acting(again, task_id)
    assert parts.steps(again, task_id)[0].state == "running"
    again.cancel(task_id)
    until(again, task_id, "cancelled")
    kinds = [event.type for event in again.events.since(task_id)]
    assert "step.restarted" in kinds
    assert kinds[-1] == "task.cancelled"
    left.stop()  # in this process its thread lives on; what it says now changes nothing
    time.sleep(0.2)
    assert [event.type for event in again.events.since(task_id)] == kinds
    parts.close_studio(again)
