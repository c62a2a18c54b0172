"""Stop spending: what runs is stopped and paid, what costs is refused, and it can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.errors import NotFound, Refused
from core.governance.alerts import alerts
from core.governance.halt import halt, halted, limit_of, resume
from core.identity import Person
from core.kernel import Run, operation
from core.kernel.records import STEP
from core.ledger.records import ACCOUNT, HOLD
from tests.core.governance.parts import ANA, BO, EVE, Amount, Spent, done, stream
from tests.core.kernel.proofs.parts import until

OWNER = Person("bo", "Bo", "acme", "Acme", "growth", "owner")


@operation("governed.letter")
def letter(run: Run, amount: Amount) -> Spent:
    """Stream under the policy of another use case than its own."""
    return stream(run.under("mail"), amount)


def streaming(kernel, who, name="stream"):
    task_id = kernel.submit(f"governed.{name}", {}, who)
    for event in kernel.follow(task_id):
        if event.type == "delta":
            return task_id
    raise AssertionError("it said nothing")


def test_a_running_stream_is_stopped_its_words_are_kept_and_paid(kernel):
    mine, other = streaming(kernel, ANA), streaming(kernel, EVE)
    assert halt(kernel, kernel.ledger, OWNER, "org:acme") == [mine]
    until(kernel, mine, "cancelled")
    (step,) = kernel.database.rows(sa.select(STEP).where(STEP.c.task_id == mine))
    made = step.outcome["details"]["made"]
    assert made.startswith("word0 ")
    assert step.cost_nusd == len(made.split()) > 0
    held = kernel.database.rows(sa.select(ACCOUNT).where(ACCOUNT.c.org_id == "acme"))
    assert {row.held for row in held} == {0}
    money = [row for row in held if row.scope == "org:acme" and row.unit == "nusd"]
    assert money[0].spent == step.cost_nusd
    holds = kernel.database.rows(sa.select(HOLD.c.state).where(HOLD.c.org_id == "acme"))
    assert [row.state for row in holds] == ["settled"]
    assert kernel.task(other).state == "running", "another organisation goes on"
    kernel.cancel(other)
    until(kernel, other, "cancelled")


def test_what_costs_is_refused_after_it_and_what_is_free_goes_on(kernel):
    done(kernel, "more")
    halt(kernel, kernel.ledger, OWNER, "person:ana")
    refused = kernel.task(done(kernel, "more"))
    assert (refused.state, refused.error["code"]) == ("failed", "budget_exceeded")
    assert kernel.task(done(kernel, "more", nusd=0, most=0)).state == "done"
    assert kernel.task(done(kernel, "more", BO)).state == "done"
    assert halted(kernel.database, "acme") == ["person:ana"]


def test_only_the_scopes_tasks_are_stopped(kernel):
    ana, bo = streaming(kernel, ANA), streaming(kernel, BO)
    assert halt(kernel, kernel.ledger, OWNER, "person:bo") == [bo]
    until(kernel, bo, "cancelled")
    assert kernel.task(ana).state == "running"
    assert halt(kernel, kernel.ledger, OWNER, "team:growth") == [ana]
    until(kernel, ana, "cancelled")


@pytest.mark.parametrize("scope", ["use:ana:mail", "task:{id}:mail"])
def test_a_use_case_that_a_task_came_to_work_under_is_stopped_in_it(kernel, scope):
    limits = {"daily_nusd": 10_000, "budget_nusd": 10_000}
    kernel.policies = lambda name, declared, *_: (
        declared.changed(**limits) if name == "mail" else declared
    )
    mine, other, plain = (
        streaming(kernel, who, name)
        for who, name in ((ANA, "letter"), (BO, "letter"), (ANA, "stream"))
    )
    assert halt(kernel, kernel.ledger, OWNER, scope.format(id=mine)) == [mine]
    until(kernel, mine, "cancelled")
    assert [kernel.task(id).state for id in (other, plain)] == ["running"] * 2
    for id in (other, plain):
        kernel.cancel(id)
        until(kernel, id, "cancelled")


def test_resuming_gives_back_the_limit_that_was(kernel):
    done(kernel, "more")
    kernel.ledger.limit("person:ana", "nusd", "request", 50, "acme")
    halt(kernel, kernel.ledger, OWNER, "person:ana")
    halt(kernel, kernel.ledger, OWNER, "person:ana")  # twice is once
    halt(kernel, kernel.ledger, OWNER, "org:acme")
    for scope in ("person:ana", "org:acme", "org:acme"):
        resume(kernel.database, kernel.ledger, OWNER, scope)
    assert limit_of(kernel.database, "person:ana") == 50
    assert limit_of(kernel.database, "org:acme") is None
    assert halted(kernel.database, "acme") == []
    assert kernel.task(done(kernel, "more")).state == "done"
    told = [row for row in alerts(kernel.database, "acme") if row.kind == "stop"]
    assert {row.title for row in told} == {
        "ana: Bo stopped all spending.",
        "The organisation: Bo stopped all spending.",
    }


def test_another_organisations_scope_is_not_found(kernel):
    done(kernel, "more", EVE)
    for scope in ("org:other", "person:eve", "person:nobody"):
        with pytest.raises(NotFound):
            halt(kernel, kernel.ledger, OWNER, scope)
        with pytest.raises(NotFound):
            resume(kernel.database, kernel.ledger, OWNER, scope)
    assert halted(kernel.database, "other") == []


def test_only_those_who_govern_may(kernel):
    analyst = replace(OWNER, role="analyst")
    with pytest.raises(Refused):
        halt(kernel, kernel.ledger, analyst, "org:acme")
    with pytest.raises(Refused):
        resume(kernel.database, kernel.ledger, analyst, "org:acme")


def test_at_the_end_of_a_limit_an_operation_ends_with_what_it_has(kernel):
    kernel.ledger.limit("org:acme", "nusd", "day", 30)
    task_id = done(kernel, "patient", nusd=7, most=7)
    assert kernel.task(task_id).state == "done"
    steps = kernel.database.rows(
        sa.select(STEP.c.name, STEP.c.state).where(STEP.c.task_id == task_id).order_by(STEP.c.seq)
    )
    assert [row.state for row in steps] == ["done"] * 4 + ["refused", "done"]
    assert steps[-1].name == "keep"


def test_an_owner_who_lowers_a_limit_below_what_is_spent_stops_the_next_step(kernel):
    done(kernel, "more")
    kernel.ledger.limit("org:acme", "nusd", "day", 1, "acme")
    assert kernel.task(done(kernel, "more")).error["code"] == "budget_exceeded"
