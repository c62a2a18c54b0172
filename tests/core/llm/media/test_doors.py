"""A chain of ways: one step each, held before, settled by the unit, the same on every replay."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid, NotFound, Refused, Unavailable
from core.governance import ApprovalGate
from core.llm.chain.router import Router
from core.llm.media.doors import Bill, Way, walk
from core.llm.pricing import Tariff
from tests.core.llm.media.parts import ANA

TARIFF = Tariff("m", {"query": Decimal(1_000), "second": Decimal("333.3")})


def way(model: str, *, fails: Exception | None = None, price: int = 1, seen: list | None = None):
    tariff = Tariff(model, {"query": Decimal(price)})

    def act(_call, bill):
        if seen is not None:
            seen.append(model)
        bill.sent = True
        if fails:
            raise fails
        bill.settle(query=1)
        return {"said": model}

    return Way(model, lambda: Bill(tariff, {"query": 2}, units=1, unit="query"), act)


def go(house, *ways, router=None, then=None, **policy):
    router = router or Router()

    def door(run):
        run.policy = run.policy.changed(**policy)
        made = walk(run, router, "search", list(ways), name="x", content=("c",))
        if then:
            then(run)
        return made

    return house.open(door)


def test_the_first_way_that_works_is_the_answer_with_its_receipt(house):
    made = go(house, way("a/1", price=7), way("b/1"))
    assert (made["said"], made["provider"], made["model"]) == ("a/1", "a", "a/1")
    assert (made["cost_nusd"], made["breakdown"]) == (7, {"query": 7})
    assert house.rows("kernel_step")[0].estimate == '{"nusd": 14}'


@pytest.mark.parametrize("error", [Unavailable("Down.", reason="down"), Invalid("No.", hint="x"),
                                   NotFound("Unknown.")])  # fmt: skip
def test_what_one_cannot_the_next_may(error, house):
    made = go(house, way("a/1", fails=error), way("b/1"))
    assert [one["model"] for one in made["attempts"]] == ["a/1", "b/1"]
    assert [step.state for step in house.rows("kernel_step")] == ["failed", "done"]
    assert len(house.rows("ledger_usage")) == 2  # what failed after it was sent is booked


def test_a_gates_no_ends_the_chain(house):
    seen: list[str] = []
    house.gate.refused = "c"
    error = house.fails(
        lambda run: walk(run, Router(), "search", [way("a/1", seen=seen), way("b/1", seen=seen)],
                         name="x", content=("c",))
    )  # fmt: skip
    house.gate.refused = ""
    assert isinstance(error, Refused)
    assert seen == []


def test_the_last_failure_is_told(house):
    down = Unavailable("Down.", hint="Wait.", reason="down")
    error = house.fails(
        lambda run: walk(run, Router(), "search", [way("a/1", fails=down),
                         way("b/1", fails=Invalid("No.", hint="Else."))], name="x", content=())
    )  # fmt: skip
    assert (error.message, error.details["model"], error.details["last"]) == ("No.", "b/1", True)


def test_the_cheapest_is_asked_first_where_the_policy_says_so(house):
    dear, cheap = way("a/1", price=9), way("b/1", price=2)
    assert go(house, dear, cheap)["model"] == "a/1"
    assert go(house, dear, cheap, choose="cheapest")["model"] == "b/1"


def test_a_fork_goes_the_way_the_first_run_went_whatever_the_health_is_by_then(house):
    seen: list[str] = []
    router = Router()
    ways = (way("a/1", fails=Unavailable("Down.", reason="key"), seen=seen), way("b/1", seen=seen))
    go(house, *ways, router=router, then=lambda run: run.step("note", "after", lambda _call: 1))
    router.fail("b/1", "key")
    fork = house.kernel.fork(house.task_id, 3, ANA)
    for _ in house.kernel.follow(fork):
        pass
    task = house.kernel.task(fork)
    assert task.output["made"]["model"] == "b/1"
    assert seen == ["a/1", "b/1"]


def test_an_act_that_breaks_in_a_way_nobody_foresaw_is_booked_and_frees_its_hold(house):
    error = house.fails(
        lambda run: walk(run, Router(), "search", [way("a/1", fails=RuntimeError("odd"))],
                         name="x", content=())
    )  # fmt: skip
    assert error.code == "act_failed"
    assert house.rows("ledger_usage")[0].estimated
    assert house.held() == 0


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 50))
def test_a_bill_is_never_above_its_hold_while_its_amounts_are_not(most, used):
    bill = Bill(TARIFF, {"query": most, "second": most})
    held = bill.held["nusd"]
    bill.settle(query=min(used, most), second=min(used, most))
    cost = bill.tariff.cost(bill.amounts)
    assert cost.nusd <= held
    assert sum(cost.breakdown.values()) == cost.nusd


@pytest.mark.parametrize("lie", [-5, Decimal("NaN"), Decimal("Infinity")])
def test_a_provider_that_tells_what_cannot_be_is_booked_as_it_was_held(house, lie):
    def act(_call, bill):
        bill.sent = True
        bill.settle(second=lie)
        return {"said": "a/1"}

    bill = Bill(TARIFF, {"second": 3}, units=1, unit="second")
    go(house, Way("a/1", lambda: Bill(**vars(bill)), act))
    (use,) = house.rows("ledger_usage")
    assert (use.cost_nusd, bool(use.estimated)) == (1_000, True)
    assert house.held() == 0


def test_an_approval_binds_to_the_way_and_to_what_is_asked(house, monkeypatch):
    monkeypatch.setattr(house.kernel, "gates", (ApprovalGate(),))
    router = Router()

    def parked(content="c", **asked):
        def door(run):
            run.policy = run.policy.changed(approve=["search"])
            about = {"name": "x", "content": (content,), "asked": asked}
            return walk(run, router, "search", [way("a/1"), way("b/1")], **about)

        task_id = house.submit(door)
        (wait,) = house.wait(lambda: house.rows("kernel_wait"))
        return task_id, wait

    others = [parked("d"), parked(size="8x8")]
    task_id, wait = parked()
    assert json.loads(wait.shows) | {"model": "a/1", "asks": "c"} == json.loads(wait.shows)
    assert wait.digest not in {other.digest for _, other in others}
    router.fail("a/1", "rate_limit")
    house.kernel.answer(task_id, wait.seq, "approved", by="bo")
    for _ in house.kernel.follow(task_id):
        pass
    assert house.kernel.task(task_id).output["made"]["model"] == "a/1"
    for other, _ in others:
        house.kernel.cancel(other)
