"""Two gates: switches and approvals."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.flags import Flag, Flags
from core.governance import ApprovalGate, FlagGate, steps, waits
from core.kernel import Ask
from core.kernel.operation import OPERATIONS
from tests.core.governance.parts import ANA, done, open_kernel
from tests.core.kernel.proofs.parts import until

LAB = {"lab": Flag(description="The lab")}


def asked(operation, kind="tool", **estimate):
    name = f"governed.{operation}"
    policy = OPERATIONS[name].policy
    return Ask("t", 1, kind, "the post", ANA, estimate, name, policy=policy)


def test_what_is_switched_off_is_refused_and_says_how_to_switch_it_on():
    verdict = FlagGate(Flags(LAB, {"lab": "off"})).ask(asked("spend"))
    assert (verdict.answer, verdict.details) == ("refuse", {"flag": "lab"})
    assert verdict.message == "Pay twice, in a group is switched off."
    assert "FLAG_LAB=on" in verdict.hint
    assert FlagGate(Flags(LAB, {})).ask(asked("spend")).answer == "allow"


def test_what_has_no_switch_is_always_on():
    assert FlagGate(Flags({}, {})).ask(asked("more")).answer == "allow"


@pytest.mark.parametrize(
    ("above", "cost", "answer"),
    [
        (None, 10**12, "allow"),
        (500, 500, "allow"),
        (500, 501, "wait"),
        (0, 1, "wait"),
        (0, 0, "allow"),
    ],
)
def test_only_a_step_above_the_price_waits(above, cost, answer):
    assert ApprovalGate(above).ask(asked("more", nusd=cost)).answer == answer


def test_a_kind_that_the_policy_names_waits_whatever_it_costs():
    gate = ApprovalGate()
    assert gate.ask(asked("publish", "publish")).answer == "wait"
    assert gate.ask(asked("publish", "tool")).answer == "allow"
    question = gate.ask(asked("publish", "publish", nusd=2_500_000_000)).message
    assert question == (
        "May governed.publish go on with publish 'the post'? It may cost up to $2.50."
    )


def test_a_price_below_a_hundredth_of_a_cent_is_still_told():
    question = ApprovalGate(5).ask(asked("more", nusd=17)).message
    assert question.endswith("It may cost up to $0.000000017.")


def test_a_switched_off_operation_runs_nothing(sqlite_url):
    kernel = open_kernel(sqlite_url, FlagGate(Flags(LAB, {"lab": "off"})))
    task = kernel.task(done(kernel, "spend"))
    assert (task.state, task.error["code"]) == ("failed", "refused")
    assert kernel.database.rows(sa.text("select 1 from ledger_hold")) == []
    kernel.close()
    kernel.database.close()


def test_a_dear_step_parks_its_task_and_goes_on_when_approved(url):
    kernel = open_kernel(url, ApprovalGate(9))
    task_id = done(kernel, "publish", most=10)
    assert kernel.task(task_id).state == "waiting"
    (wait,) = waits(kernel.database, "acme")
    assert (wait.task_id, wait.operation) == (task_id, "governed.publish")
    assert kernel.database.rows(sa.text("select 1 from ledger_hold")) == []
    kernel.answer(task_id, wait.seq, "approved", by="bo", digest=wait.digest)
    until(kernel, task_id, "done")
    assert waits(kernel.database, "acme") == []
    assert [step.cost_nusd for step in steps(kernel.database, task_id)] == [7]
    kernel.close()
    kernel.database.close()
