"""What is written about a step."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BudgetExceeded
from core.kernel.calls import Call
from core.kernel.gates import Ask, Verdict
from core.kernel.legs import end
from core.kernel.records import AUDIT
from core.kernel.steps import INLINE_MAX_BYTES, outcome_of, result
from core.kernel.steps import broken as unforeseen
from core.storage.blobs import Folder
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA, WORLD, one, steps, until


def test_errors_of_acts_come_back_typed_and_their_cost_is_kept(kernel):
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    broken = unforeseen(KeyError("gone"))  # its own words stay in the log
    assert task.output["parts"] == [
        ["act_failed", broken.message, broken.hint, {"error": "KeyError"}],
        ["error", "Provider down.", "Retry.", {}],
    ]
    assert steps(kernel, task.id)[0].cost_nusd == 25


def test_an_overrun_is_recorded_and_never_clamped(kernel):
    task = until(kernel, kernel.submit("breaks", {}, ANA), "done")
    step = steps(kernel, task.id)[0]
    assert (step.cost_nusd, step.overrun_nusd) == (25, 15)
    query = sa.text("select spent, held from ledger_account where name = 'org:acme nusd'")
    with kernel.database.engine.connect() as db:
        assert tuple(db.execute(query).one()) == (25, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_an_outcome_gives_back_what_the_act_made(made):
    call = Call("t", 1, None)
    outcome = outcome_of(call, lambda _: made, None)
    assert result(json.loads(json.dumps(outcome)), None) == made
    assert call.began


@given(st.text(), st.text(), st.integers())
def test_an_outcome_gives_back_the_error_the_act_raised(message, hint, left):
    def act(_call):
        raise BudgetExceeded(message, hint=hint, left=left)

    outcome = json.loads(json.dumps(outcome_of(Call("t", 1, None), act, None)))
    with pytest.raises(BudgetExceeded) as caught:
        result(outcome, None)
    error = caught.value
    assert (error.message, error.hint, error.details) == (message, hint, {"left": left})


def test_only_a_large_outcome_becomes_a_blob(tmp_path):
    blobs = Folder(tmp_path)
    exact = "x" * (INLINE_MAX_BYTES - 2)  # and two quotes
    assert outcome_of(Call("t", 1, None), lambda _: exact, blobs)["ok"] == exact
    large = outcome_of(Call("t", 1, None), lambda _: exact + "x", blobs)
    assert len(json.dumps(large)) < 200
    assert result(large, blobs) == exact + "x"


def test_a_large_outcome_is_a_blob_and_replays_from_it(kernel):
    task_id = kernel.submit("big", {"n": 40}, ANA)
    until(kernel, task_id, "waiting")
    row = steps(kernel, task_id)[0]
    assert set(row.outcome) == {"blob", "spent", "uses"}
    with kernel.blobs.open(row.outcome["blob"]) as file:
        assert json.load(file) == "x" * 40_000
    kernel.answer(task_id, 2, "approved", by="bo")
    assert until(kernel, task_id, "done").output["parts"] == [40_000, "p"]
    assert len(WORLD.lines("acts")) == 2


def test_a_blob_that_is_gone_is_a_named_error_on_replay(kernel):
    task_id = kernel.submit("big", {"n": 40}, ANA)
    until(kernel, task_id, "waiting")
    hash = steps(kernel, task_id)[0].outcome["blob"]
    (kernel.blobs.root / hash[:2] / hash[2:]).unlink()
    kernel.answer(task_id, 2, "approved", by="bo")
    assert until(kernel, task_id, "failed").error["code"] == "not_found"


class Cancelling:
    """A gate during which somebody cancels the task: the act is stopped before it begins."""

    def ask(self, ask: Ask) -> Verdict:
        self.kernel.cancel(ask.task_id)
        return Verdict("cancelling")


def test_an_act_stopped_before_it_began_gives_back_all_its_hold(url, tmp_path):
    WORLD.folder = tmp_path
    gate = Cancelling()
    gate.kernel = kernel = parts.open_studio(url, gates=[gate])
    task = until(kernel, kernel.submit("publish", {}, ANA), "cancelled")
    assert WORLD.lines("acts") == []
    (step,) = steps(kernel, task.id)
    assert (step.state, step.cost_nusd) == ("cancelled", 0)
    assert one(kernel, "select state, nusd from ledger_hold") == ("void", 10)
    kinds = kernel.database.rows(sa.text("select distinct kind from ledger_entry order by 1"))
    assert [row.kind for row in kinds] == ["hold", "void"]
    parts.books(kernel)
    parts.close_studio(kernel)


def test_every_end_of_a_step_says_when_it_was(kernel):
    refusals = until(kernel, kernel.submit("six", {}, ANA), "done").id
    rejected = kernel.submit("publish", {}, ANA)
    cancelled = kernel.submit("asks_in_group", {}, ANA)
    for task_id in (rejected, cancelled):
        until(kernel, task_id, "waiting")
    kernel.answer(rejected, 2, "rejected", by="bo")
    until(kernel, rejected, "failed")
    kernel.cancel(cancelled)
    ends = [step for id in (refusals, rejected, cancelled) for step in steps(kernel, id)]
    assert {step.state for step in ends} == {"done", "refused", "cancelled"}
    assert [step for step in ends if not step.ended_at or step.ended_at < step.started_at] == []


class Ending:
    """A gate during which the watch gives up the leg that asks."""

    def ask(self, ask: Ask) -> Verdict:
        end(self.kernel, ask.task_id, "failed", error=unforeseen(KeyError()).as_value())
        return Verdict("ending")


def test_nothing_begins_in_a_task_that_was_ended_meanwhile(url, tmp_path):
    WORLD.folder = tmp_path
    gate = Ending()
    gate.kernel = kernel = parts.open_studio(url, gates=[gate])
    task = until(kernel, kernel.submit("publish", {}, ANA), "failed")
    while kernel.calls.tasks():
        time.sleep(0.01)
    assert WORLD.lines("acts") == []
    assert steps(kernel, task.id) == []
    assert one(kernel, "select count(*) from ledger_hold") == (0,)
    assert kernel.task(task.id).state == "failed"
    assert [e.type for e in kernel.events.since(task.id)][-1] == "task.failed"
    parts.close_studio(kernel)


def test_every_end_of_a_step_leaves_one_audit_line_and_one_event(kernel):
    task = until(kernel, kernel.submit("six", {}, ANA), "done")
    lines = kernel.database.rows(sa.select(AUDIT.c.seq, AUDIT.c.what).order_by(AUDIT.c.id))
    events = [(e.data["seq"], e.type) for e in kernel.events.since(task.id) if "name" in e.data]
    for step in steps(kernel, task.id):
        said = [line.what for line in lines if line.seq == step.seq]
        assert said == (["refuse"] if step.state == "refused" else ["allow", step.state])
        assert events.count((step.seq, f"step.{step.state}")) == 1


def test_what_an_act_used_is_a_row_with_who_and_what_for(kernel):
    task = until(kernel, kernel.submit("six", {"n": 1}, ANA), "done")
    sql = (
        "select org_id, person_id, operation, provider, model, prompt_tokens, cost_nusd"
        " from ledger_usage where task_id = :task"
    )
    found = one(kernel, sql, task=task.id)
    assert found == ("acme", "ana", "six", "o", "m", 2, 7)
