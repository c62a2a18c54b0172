"""A step above what its policy allows a request is refused before it runs."""

from __future__ import annotations

import pytest

from core.errors import BudgetExceeded, restore
from core.governance.policies.gate import PolicyGate
from core.kernel import Ask, Policy
from core.kernel.operation import operation
from tests.core.governance import parts
from tests.core.kernel.proofs.parts import until


def asked(most: int | None, cost: int, name: str = "lead_scoring") -> Ask:
    policy = Policy(name=name, request_nusd=most)
    return Ask("t", 1, "model", "complete", parts.ANA, {"nusd": cost}, "a.op", policy=policy)


@pytest.mark.parametrize(
    ("most", "cost", "answer"),
    [(None, 10**12, "allow"), (5, 5, "allow"), (5, 6, "refuse"), (0, 0, "allow"), (0, 1, "refuse")],
)
def test_only_a_step_above_the_limit_is_refused(most, cost, answer):
    assert PolicyGate().ask(asked(most, cost)).answer == answer


def test_the_refusal_says_the_limit_the_estimate_and_the_way_out():
    verdict = PolicyGate().ask(asked(50_000_000, 70_000_000))
    error = restore(verdict.as_value())
    assert isinstance(error, BudgetExceeded)
    assert "lead_scoring may cost $0.05 at most; this one could cost up to $0.07" in error.message
    assert "request_usd" in error.hint
    assert error.details["estimate"] == 70_000_000
    assert (error.details["scope"], error.details["left"]) == ("policy:lead_scoring", 50_000_000)


def test_without_a_name_the_operation_is_named():
    assert "a.op may cost" in PolicyGate().ask(asked(1, 2, name="")).message


operation("governed.dear", policy=Policy(name="dear", request_nusd=9))(parts.spend)


def test_a_task_meets_the_gate_and_nothing_is_charged(url):
    kernel = parts.open_kernel(url, PolicyGate())
    task_id = kernel.submit("governed.dear", {"most": 10}, parts.ANA)
    until(kernel, task_id, "failed")
    assert kernel.task(task_id).error["code"] == "budget_exceeded"
    fine = kernel.submit("governed.dear", {"most": 9}, parts.ANA)
    until(kernel, fine, "done")
    kernel.close()
    kernel.database.close()
