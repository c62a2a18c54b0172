"""Tasks from the outside: submit, answer, cancel, fork, follow."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import Invalid, NotFound
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA, WORLD, acting, happens, one, steps, until


def test_submit_checks_the_input_and_returns_at_once(kernel):
    with pytest.raises(Invalid):
        kernel.submit("six", {"n": "many"}, ANA)
    with pytest.raises(NotFound):
        kernel.submit("no such", {}, ANA)
    task_id = kernel.submit("blocked", {}, ANA)
    assert kernel.task(task_id).state in ("queued", "running")
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled")


def test_input_never_changes(kernel):
    task = until(kernel, kernel.submit("breaks", {"text": "mine"}, ANA), "done")
    assert task.input == {"n": 6, "text": "mine"}


def test_two_questions_at_once_are_answered_in_any_order(kernel):
    task_id = kernel.submit("publish_twice", {}, ANA)
    until(kernel, task_id, "waiting")
    kernel.answer(task_id, 2, "approved", by="bo")
    happens(lambda: WORLD.lines("acts"))
    until(kernel, task_id, "waiting")
    assert WORLD.lines("acts") == ["2 1"]
    kernel.answer(task_id, 1, "approved", by="bo")
    assert until(kernel, task_id, "done").output["parts"] == [0, 1]
    assert WORLD.lines("acts") == ["2 1", "1 0"]


def test_answers_that_race_with_parking_are_never_lost(kernel):
    def answer_at_once(task_id):
        while True:
            try:
                return kernel.answer(task_id, 2, "approved", by="bot")
            except Invalid:
                time.sleep(0.0005)

    ids = [kernel.submit("publish", {}, ANA) for _ in range(12)]
    threads = [threading.Thread(target=answer_at_once, args=(i,)) for i in ids]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for task_id in ids:
        until(kernel, task_id, "done")
    assert len(WORLD.lines("acts")) == 36


@pytest.mark.parametrize("words", [0, 5])
def test_cancel_stops_an_act_at_once_keeps_its_text_and_charges_once(kernel, words):
    task_id = kernel.submit("stream", {"n": words}, ANA)
    acting(kernel, task_id)
    (call,) = kernel.calls._open[task_id]
    happens(lambda: len(call.made) == words)
    kernel.cancel(task_id)
    task = until(kernel, task_id, "cancelled")  # by itself it goes on for much longer
    text = "".join(f"w{i} " for i in range(words))
    assert task.error["details"] == {"made": text}
    step = steps(kernel, task_id)[0]
    assert (step.state, step.cost_nusd, step.outcome["details"]["made"]) == (
        "cancelled",
        2 * words,
        text,
    )
    kernel.cancel(task_id)
    assert kernel.task(task_id).state == "cancelled"


def test_cancel_ends_queued_and_waiting_tasks(kernel):
    running = [kernel.submit("stream", {}, ANA) for _ in range(2)]
    for task_id in running:
        until(kernel, task_id, "running")
    queued = kernel.submit("publish", {}, ANA)
    time.sleep(0.2)
    assert kernel.task(queued).state == "queued"
    kernel.cancel(queued)
    assert kernel.task(queued).state == "cancelled"
    for task_id in running:
        kernel.cancel(task_id)
        until(kernel, task_id, "cancelled")
    waiting = kernel.submit("publish", {}, ANA)
    until(kernel, waiting, "waiting")
    kernel.cancel(waiting)
    assert kernel.task(waiting).state == "cancelled"
    with pytest.raises(Invalid):
        kernel.answer(waiting, 2, "approved", by="bo")
    assert [e.type for e in kernel.follow(queued)] == ["task.queued", "task.cancelled"]


def test_a_fork_shares_earlier_steps_and_changes_the_input(kernel):
    task = until(kernel, kernel.submit("six", {"text": "red"}, ANA), "done")
    spent = len(WORLD.lines("acts"))
    fork = until(kernel, kernel.fork(task.id, 5, ANA, text="blue"), "done")
    refusal = ["Refused", "Not today.", "Ask Bo.", {"n": 7}]
    assert fork.output["parts"] == ["red0", "red1", refusal, "red3", "blue4", "blue5"]
    assert (fork.forked_from, fork.forked_at, fork.input["text"]) == (task.id, 5, "blue")
    assert kernel.task(task.id).input["text"] == "red"
    assert WORLD.lines("acts")[spent:] == ["5 blue4", "6 blue5"]
    assert [s.seq for s in steps(kernel, fork.id)] == [5, 6]
    again = until(kernel, kernel.fork(fork.id, 6, ANA, text="green"), "done")
    assert again.output["parts"][3:] == ["red3", "blue4", "green5"]
    before = until(kernel, kernel.fork(fork.id, 2, ANA, text="grey"), "done")
    assert before.output["parts"][0] == "red0"
    assert before.output["parts"][1] == "grey1"


def test_submitting_an_id_twice_is_one_task(kernel):
    first = kernel.submit("tells", {"text": "a"}, ANA, id="t1", budget={"nusd": 5})
    again = kernel.submit("tells", {"text": "b"}, ANA, id="t1", budget={"nusd": 9})
    assert first == again == "t1"
    assert until(kernel, "t1", "done").output["parts"] == ["a"]
    assert one(kernel, "select max from ledger_limit") == (5,)


def test_an_answer_about_anything_else_than_was_shown_is_invalid(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    with pytest.raises(Invalid, match="no open question"):
        kernel.answer(task_id, 2, "approved", by="bo", digest="0" * 64)
    with pytest.raises(Invalid):
        kernel.answer(task_id, 1, "approved", by="bo")
    assert kernel.task(task_id).state == "waiting"
    assert one(kernel, "select verdict from kernel_wait") == (None,)


def test_one_of_many_answers_counts(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    won = []

    def answer(k):
        try:
            kernel.answer(task_id, 2, "approved" if k % 2 else "rejected", by=f"p{k}")
            won.append(f"p{k}")
        except Invalid:
            pass

    threads = [threading.Thread(target=answer, args=(k,)) for k in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    until(kernel, task_id, "done", "failed")
    assert [one(kernel, "select by from kernel_wait")[0]] == won


def test_a_task_that_is_not_there_cannot_be_asked_cancelled_or_forked(kernel):
    for act in (
        lambda: kernel.task("nobody"),
        lambda: kernel.cancel("nobody"),
        lambda: kernel.fork("nobody", 1, ANA),
    ):
        with pytest.raises(NotFound, match="nobody"):
            act()


def test_another_organisations_task_is_not_there(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    for act in (
        lambda: kernel.task(task_id, org_id="bolt"),
        lambda: kernel.cancel(task_id, org_id="bolt"),
        lambda: kernel.answer(task_id, 2, "approved", by="bo", org_id="bolt"),
    ):
        with pytest.raises(NotFound, match=task_id):
            act()
    assert kernel.task(task_id, org_id="acme").state == "waiting"
    kernel.answer(task_id, 2, "approved", by="bo", org_id="acme")
    until(kernel, task_id, "done")


def test_a_task_that_has_ended_cannot_be_cancelled_any_more(kernel):
    task = until(kernel, kernel.submit("tells", {}, ANA), "done")
    kernel.cancel(task.id)
    assert kernel.task(task.id).state == "done"
    assert kernel.task(task.id).cancel_at is None


def test_a_fork_past_a_step_that_has_not_ended_is_invalid(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    with pytest.raises(Invalid, match="Step 2 has not ended"):
        kernel.fork(task_id, 3, ANA)
    with pytest.raises(Invalid, match="cannot use this"):
        kernel.fork(task_id, 2, ANA, n="many")
    fork = kernel.fork(task_id, 2, ANA)
    until(kernel, fork, "waiting")
    assert WORLD.lines("acts") == ["1 draft"]
    kernel.answer(fork, 2, "approved", by="bo")
    assert until(kernel, fork, "done").output["parts"] == ["draft", "published", "after"]
    assert kernel.task(task_id).state == "waiting"
    parts.books(kernel)


def test_a_parent_is_remembered(kernel):
    parent = until(kernel, kernel.submit("tells", {}, ANA), "done").id
    child = kernel.submit("tells", {}, ANA, parent_id=parent)
    assert kernel.task(child).parent_id == parent
    until(kernel, child, "done")
