"""Each test is one sentence of the design."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.core.kernel import parts
from tests.core.kernel.parts import ANA, WORLD

from core.errors import Invalid, NotFound, Unavailable
from core.kernel import Who, watch
from core.kernel.records import AUDIT, EVENT, STEP, WAIT
from core.storage.database import Database


def until(kernel, task_id, *states, timeout_s=40):
    end = time.monotonic() + timeout_s
    while (task := kernel.task(task_id)).state not in states:
        assert time.monotonic() < end, f"{task.state} {task.error}"
        time.sleep(0.005)
    return task


def steps(kernel, task_id):
    query = sa.select(STEP).where(STEP.c.task_id == task_id).order_by(STEP.c.seq)
    return kernel.database.rows(query)


def threads_in_tasks():
    stacks = [traceback.extract_stack(frame) for frame in sys._current_frames().values()]
    return sum(any(call.name == "_work" for call in stack) for stack in stacks)


def test_submit_checks_the_input_and_returns_at_once(kernel):
    with pytest.raises(Invalid):
        kernel.submit("six", {"n": "many"}, ANA)
    with pytest.raises(NotFound):
        kernel.submit("no such", {}, ANA)
    began = time.monotonic()
    task_id = kernel.submit("deaf", {}, ANA)
    assert time.monotonic() - began < 0.5
    until(kernel, task_id, "done")


def test_input_never_changes(kernel):
    task = until(kernel, kernel.submit("breaks", {"text": "mine"}, ANA), "done")
    assert task.input == {"n": 6, "text": "mine"}


def test_a_refusal_is_committed_and_comes_back_typed(kernel):
    task = until(kernel, kernel.submit("six", {}, ANA), "done")
    refusal = ["Refused", "Not today.", "Ask Bo.", {"n": 7}]
    assert task.output["parts"] == ["hello0", "hello1", refusal, "hello3", "hello4", "hello5"]
    refused = steps(kernel, task.id)[2]
    assert (refused.state, refused.cost_nusd) == ("refused", 0)
    said = kernel.database.rows(sa.select(AUDIT.c.what).where(AUDIT.c.seq == 3))
    assert [row.what for row in said] == ["refuse"]


def test_errors_of_acts_come_back_typed_and_their_cost_is_kept(kernel):
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    assert task.output["parts"] == [
        ["act_failed", "'gone'", "", {"error": "KeyError"}],
        ["error", "Provider down.", "Retry.", {}],
    ]
    assert steps(kernel, task.id)[0].cost_nusd == 25


def test_read_modify_write_loses_nothing_under_8_threads(kernel):
    kernel.database.transaction(lambda db: db.execute(sa.text("create table n (v int)")))
    kernel.database.transaction(lambda db: db.execute(sa.text("insert into n values (0)")))
    lock = "" if kernel.database.is_sqlite else " for update"

    def add(db):
        value = db.execute(sa.text(f"select v from n{lock}")).scalar()
        time.sleep(0.001)
        db.execute(sa.text("update n set v = :v"), {"v": value + 1})

    def work():
        for _ in range(20):
            kernel.database.transaction(add)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    with kernel.database.engine.connect() as db:
        assert db.execute(sa.text("select v from n")).scalar() == 160


def test_a_step_inside_an_act_raises(kernel):
    task = until(kernel, kernel.submit("nested", {}, ANA), "failed")
    assert task.error["code"] == "misuse"
    assert WORLD.lines("acts") == []


def test_two_parked_tasks_do_not_block_a_third_with_concurrency_2(kernel):
    waiting = [kernel.submit("publish", {}, ANA) for _ in range(2)]
    for task_id in waiting:
        until(kernel, task_id, "waiting")
    third = until(kernel, kernel.submit("six", {}, ANA), "done")
    assert third.state == "done"
    assert threads_in_tasks() == 0
    began = time.monotonic()
    kernel.answer(waiting[0], 2, "approved", by="bo")
    task = until(kernel, waiting[0], "done")
    print("verdict to done", round(time.monotonic() - began, 3))
    assert task.output["parts"] == ["draft", "published", "after"]
    with pytest.raises(Invalid):
        kernel.answer(waiting[0], 2, "rejected", by="eve")
    kernel.answer(waiting[1], 2, "rejected", by="bo")
    task = until(kernel, waiting[1], "failed")
    assert (task.error["code"], steps(kernel, task.id)[1].state) == ("rejected", "refused")


def test_two_questions_at_once_are_answered_in_any_order(kernel):
    task_id = kernel.submit("publish_twice", {}, ANA)
    until(kernel, task_id, "waiting")
    kernel.answer(task_id, 2, "approved", by="bo")
    time.sleep(0.5)
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


def test_a_deadline_expires_a_waiting_task(url):
    kernel = parts.open_studio(url, patience=timedelta(seconds=0.3))
    task = until(kernel, kernel.submit("publish", {}, ANA), "expired")
    assert [s.state for s in steps(kernel, task.id)] == ["done", "expired"]
    parts.books(kernel)
    parts.close_studio(kernel)


@pytest.mark.parametrize("words", [0, 5])
def test_cancel_stops_an_act_at_once_keeps_its_text_and_charges_once(kernel, words):
    task_id = kernel.submit("stream", {"n": words}, ANA)
    until(kernel, task_id, "running")
    time.sleep(0.5)
    began = time.monotonic()
    kernel.cancel(task_id)
    task = until(kernel, task_id, "cancelled")
    took = time.monotonic() - began
    print("cancel took", round(took, 3))
    assert took < 0.5
    text = "".join(f"w{i} " for i in range(words))
    assert task.error["details"] == {"made": text}
    step = steps(kernel, task_id)[0]
    assert (step.state, step.cost_nusd, step.outcome["details"]["made"]) == ("cancelled", 2 * words, text)
    kernel.cancel(task_id)
    assert kernel.task(task_id).state == "cancelled"


def test_cancel_uses_the_stop_of_a_blocking_act(kernel):
    task_id = kernel.submit("blocked", {}, ANA)
    until(kernel, task_id, "running")
    time.sleep(0.3)
    began = time.monotonic()
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled", "done")
    assert time.monotonic() - began < 0.5


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


def test_an_act_that_ignores_its_stop_is_abandoned_at_its_estimate(kernel, monkeypatch):
    monkeypatch.setattr(watch, "STOP_GRACE", timedelta(seconds=0.5))
    task_id = kernel.submit("deaf", {}, ANA)
    until(kernel, task_id, "running")
    time.sleep(0.3)
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled", timeout_s=3)
    assert steps(kernel, task_id)[0].cost_nusd == 10
    time.sleep(4)  # the act comes back and changes nothing
    assert steps(kernel, task_id)[0].cost_nusd == 10


def test_map_reserves_ids_in_order_and_groups_are_parents(kernel):
    task = until(kernel, kernel.submit("fan", {"n": 5}, ANA), "done")
    assert task.output["parts"] == [[f"a{i}", f"b{i}"] for i in range(5)] + ["mux"]
    rows = steps(kernel, task.id)
    names = ["render", *(n for i in range(5) for n in (f"shot{i}", f"a{i}", f"b{i}")), "mux"]
    assert [r.name for r in rows] == names
    assert [r.seq for r in rows] == list(range(1, 18))
    assert [r.parent_seq for r in rows] == [None, *(p for i in range(5) for p in (1, 2 + 3 * i, 2 + 3 * i)), None]
    assert {r.name for r in rows if not r.leaf} == {"render", *(f"shot{i}" for i in range(5))}
    assert {r.state for r in rows} == {"done"}


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


def test_a_replay_mismatch_is_named_and_has_a_way_out(kernel):
    task_id = kernel.submit("changed", {}, ANA)
    until(kernel, task_id, "waiting")
    WORLD.note("names", "new")
    kernel.answer(task_id, 2, "approved", by="bo")
    task = until(kernel, task_id, "failed")
    assert task.error["code"] == "replay_mismatch"
    assert "fork the task at step 1" in task.error["hint"]


def test_what_a_viewer_saw_is_always_a_prefix_and_resumes_by_id(kernel):
    seen: dict[int, list] = {}

    def view(k, task_id):
        after, mine = 0, seen.setdefault(k, [])
        while True:  # leave and come back every few events, as a reloaded page does
            for n, event in enumerate(kernel.follow(task_id, after)):
                mine.append((event.id, event.type, event.data))
                after = event.id
                if event.type.startswith("task.") and event.type[5:] in ("done", "failed"):
                    return
                if n == k:
                    break

    task_id = kernel.submit("fan", {"n": 6}, ANA)
    threads = [threading.Thread(target=view, args=(k, task_id)) for k in range(6)]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    recorded = [(e.id, e.type, e.data) for e in kernel.events.since(task_id)]
    assert [e[0] for e in recorded] == list(range(1, len(recorded) + 1))
    for mine in seen.values():
        assert mine == recorded
    for seq in {e[2]["seq"] for e in recorded if "seq" in e[2]}:
        kinds = [e[1] for e in recorded if e[2].get("seq") == seq]
        assert kinds in (["step.running", "delta", "step.done"], ["step.running", "step.done"])


def test_an_overrun_is_recorded_and_never_clamped(kernel):
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    step = steps(kernel, task.id)[0]
    assert (step.cost_nusd, step.overrun_nusd) == (25, 15)
    query = sa.text("select spent, held from ledger_account where name = 'org:acme nusd'")
    with kernel.database.engine.connect() as db:
        assert tuple(db.execute(query).one()) == (25, 0)


def test_a_limit_refuses_and_says_which_how_much_and_when(kernel):
    kernel.ledger.limit("person:*", "nusd", "hour", 1_000)
    kernel.ledger.limit("person:ana", "nusd", "hour", 17)
    kernel.ledger.limit("org:acme", "tokens", "request", 5)
    until(kernel, kernel.submit("publish", {}, Who(org="b", person="cy")), "waiting")
    task = until(kernel, kernel.submit("six", {}, ANA), "done")
    texts = [p[1] for p in task.output["parts"] if isinstance(p, list)]
    assert task.output["parts"][:2] == ["hello0", "hello1"]
    assert texts[1] == "The hourly limit of person:ana has $0.000000003 left of $0.000000017."
    refusal = task.output["parts"][3]
    assert refusal[0] == "BudgetExceeded"
    assert refusal[3]["left"] == 3
    assert refusal[3]["resets_at"].endswith(":00:00+00:00")


def test_amounts_are_64_bits(kernel):
    kernel.ledger.limit("org:acme", "nusd", "day", 5_000_000_000)
    ask = parts.Ask("big", 1, "tool", "x", ANA, {"nusd": 4_000_000_000})
    assert kernel.database.transaction(lambda db: kernel.ledger.hold(db, ask)).answer == "allow"
    kernel.database.transaction(lambda db: kernel.ledger.settle(db, ask, {"nusd": 0}))


def test_a_limit_is_never_overspent_by_8_threads(kernel):
    kernel.ledger.limit("team:growth", "nusd", "day", 500)
    tasks = [kernel.submit("fan", {"n": 6}, Who(org=f"o{i}", person="u", scopes=("team:growth",))) for i in range(8)]
    for task_id in tasks:
        until(kernel, task_id, "done", "failed")
    with kernel.database.engine.connect() as db:
        query = sa.text("select spent, held from ledger_account where unit = 'nusd' and scope = 'team:growth' and \"window\" <> ''")
        spent, held = db.execute(query).one()
    assert held == 0
    assert 300 < spent <= 500


def test_no_organisation_starves_another(kernel):
    crowd = [kernel.submit("slow", {}, Who(org="big", person="u")) for _ in range(6)]
    while all(kernel.task(task_id).state == "queued" for task_id in crowd):
        time.sleep(0.01)
    small = kernel.submit("slow", {}, Who(org="small", person="u"))
    until(kernel, small, "running", timeout_s=3)
    assert [kernel.task(t).state for t in crowd].count("running") == 1
    for task_id in [*crowd, small]:
        kernel.cancel(task_id)


def test_a_second_process_is_told_to_use_postgres(kernel):
    if not kernel.database.is_sqlite:
        pytest.skip("Postgres takes many processes")
    with pytest.raises(Unavailable, match="DATABASE_URL"):
        Database(kernel.database.url)


def test_every_question_and_event_is_a_row(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    wait = kernel.database.rows(sa.select(WAIT))[0]
    assert wait.question == "May I publish?"
    assert wait.deadline_at.utcoffset() == timedelta(0)
    kinds = [e.type for e in kernel.database.rows(sa.select(EVENT).order_by(EVENT.c.id))]
    assert kinds[-2:] == ["step.waiting", "task.waiting"]
