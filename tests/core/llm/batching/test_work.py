"""A batch is handed over once, waited for, and settled with exactly what it used."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.llm.messages import Usage
from core.llm.records import BATCH
from tests.core.llm.batching import parts
from tests.core.llm.batching.parts import QUICK, until
from tests.loopback.server import KEY, Turn


def numbered(body):
    """The third question is refused, the others are answered and counted differently."""
    text = str(body["messages"])
    number = next(i for i in range(9) if f"Question {i}?" in text)
    if number == 2:
        return Turn(status=400, error="This one is not understood.")
    return Turn(text=f"Answer {number}.", prompt=40 + number, completion=90 + number)


def name(office):
    return office.model.partition("/")[2]


def row(office):
    (found,) = office.kernel.database.rows(sa.select(BATCH))
    return found


def test_many_questions_are_one_step_one_batch_and_half_the_price(office, desk):
    desk.looks = 3
    desk.loopback.script[name(office)] = Turn(text="Hello.", prompt=40, completion=90)
    made = office.made(n=4)
    assert [one["reply"]["text"] for one in made] == ["Hello."] * 4
    single = office.gateway.price(office.model).cost_nusd(Usage(prompt=40, completion=90))
    (step,) = office.steps("batch")
    assert step.cost_nusd * 2 == single * 4
    assert step.cost_nusd == sum(one["reply"]["cost_nusd"] for one in made)
    assert step.tokens == 4 * 130
    assert step.overrun_nusd == 0
    assert step.estimate["nusd"] >= step.cost_nusd
    assert office.steps("model") == []
    (used,) = office.usage()
    assert (used.kind, used.batch, used.units, used.unit) == ("model", True, 4, "request")
    assert (used.prompt_tokens, used.completion_tokens, used.estimated) == (160, 360, False)
    assert sum(used.breakdown.values()) == used.cost_nusd == step.cost_nusd
    assert desk.only.looks >= 3
    assert row(office).state == "ended"
    assert row(office).batch_id == desk.only.id
    told = [(said["done"], said["of"]) for said in office.events("progress")]
    assert told[-1] == (4, 4)


def test_what_a_policy_says_of_chance_is_sent_as_the_provider_takes_it(office, desk):
    office.made(n=2, policy={"temperature": 1.5, "top_p": 0.9})
    assert [step.kind for step in office.steps()] == ["check", "batch"], "the batch was taken"
    assert desk.only.requests[0][1]["top_p"] == 0.9


def test_answers_come_back_in_the_order_of_the_questions(office, desk):
    desk.loopback.script[name(office)] = numbered
    made = office.made(n=2)
    assert [one["reply"]["text"] for one in made] == ["Answer 0.", "Answer 1."]


def test_one_refused_request_is_a_value_and_the_others_are_paid_exactly(office, desk):
    desk.loopback.script[name(office)] = numbered
    made = office.made(n=4)
    assert [one.get("reply", {}).get("text") for one in made] == [
        "Answer 0.", "Answer 1.", None, "Answer 3.",
    ]  # fmt: skip
    assert made[2]["error"]["code"] == "invalid"
    assert "not understood" in made[2]["error"]["message"]
    price = office.gateway.price(office.model).batch
    usages = [Usage(prompt=40 + i, completion=90 + i) for i in (0, 1, 3)]
    (step,) = office.steps("batch")
    assert step.cost_nusd == sum(price.cost_nusd(usage) for usage in usages)
    assert office.usage()[0].units == 3


def test_an_expired_batch_gives_what_was_done_and_charges_only_that(office, desk):
    desk.ends, desk.done = "expired", 1
    desk.loopback.script[name(office)] = Turn(prompt=40, completion=90)
    made = office.made(n=3)
    assert "reply" in made[0]
    assert [one["error"]["details"]["reason"] for one in made[1:]] == ["expired"] * 2
    price = office.gateway.price(office.model).batch
    assert office.steps("batch")[0].cost_nusd == price.cost_nusd(Usage(prompt=40, completion=90))


def test_a_cancel_stops_the_batch_at_the_provider_and_pays_for_what_was_done(office, desk):
    desk.looks, desk.done = 0, 2
    desk.loopback.script[name(office)] = Turn(prompt=40, completion=90)
    task_id = office.submit(n=4)
    until(lambda: desk.batches and desk.only.looks >= 2)
    office.kernel.cancel(task_id)
    assert office.ended(task_id).state == "cancelled"
    assert desk.cancelled == [desk.only.id]
    assert desk.only.state == "cancelled"
    price = office.gateway.price(office.model).batch
    (step,) = office.steps("batch")
    assert step.state == "cancelled"
    assert step.cost_nusd == 2 * price.cost_nusd(Usage(prompt=40, completion=90))
    assert (office.usage()[0].units, office.usage()[0].estimated) == (2, False)


def test_a_provider_that_does_not_stop_in_time_is_paid_by_estimate(office, desk, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(parts.NOW["now"], "_pace", replace(QUICK, stop_s=0.2))
    desk.looks, desk.stops_at_once = 0, False
    task_id = office.submit(n=4)
    until(lambda: desk.batches and desk.only.looks >= 2)
    desk.done = 1
    office.kernel.cancel(task_id)
    assert office.ended(task_id).state == "cancelled"
    (step,) = office.steps("batch")
    (used,) = office.usage()
    assert used.estimated
    assert 0 <= step.cost_nusd <= step.estimate["nusd"]
    assert used.units == (1 if office.model == parts.GPT else 0)  # the other tells only at the end


def test_a_batch_that_never_ends_is_stopped_after_its_time(office, desk, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(parts.NOW["now"], "_pace", replace(QUICK, window_s=0.3))
    desk.looks, desk.done = 0, 1
    made = office.made(n=3)
    assert desk.cancelled == [desk.only.id]
    assert "reply" in made[0]
    assert [one["error"]["details"]["reason"] for one in made[1:]] == ["cancelled"] * 2


def test_a_provider_that_is_down_meanwhile_is_asked_again(office, desk):
    desk.looks, desk.down = 4, 3
    assert len(office.made(n=2)) == 2
    assert len(desk.batches) == 1


def test_answers_that_are_late_in_the_results_are_fetched_again(office, desk):
    desk.short = 1
    assert ["reply" in one for one in office.made(n=3)] == [True] * 3


def test_answers_that_are_never_found_are_paid_by_estimate(office, desk):
    desk.short = 99
    made = office.made(n=3)
    assert ["reply" in one for one in made] == [True, True, False]
    assert made[2]["error"]["details"]["reason"] == "missing"
    told, guessed = sorted(office.usage(), key=lambda used: used.estimated)
    assert (told.units, guessed.units, guessed.estimated) == (2, 1, True)
    assert guessed.cost_nusd > 0


def test_a_batch_that_vanished_is_paid_by_estimate_and_not_asked_for_again(office, desk):
    desk.looks = 0
    task_id = office.submit(n=2)
    until(lambda: desk.batches and desk.only.looks >= 1)
    desk.batches.clear()
    task = office.ended(task_id)
    assert task.state == "failed"
    (step,) = office.steps("batch")
    assert step.cost_nusd == step.estimate["nusd"]
    assert office.usage()[0].estimated
    assert office.steps("model") == []


@pytest.mark.parametrize("status", [400, 429])
def test_a_batch_that_is_not_taken_becomes_single_calls(office, desk, status):
    desk.refuses = status
    made = office.made(n=3)
    assert ["reply" in one for one in made] == [True] * 3
    assert office.steps("batch")[0].state == "failed"
    assert office.steps("batch")[0].cost_nusd == 0
    assert len(office.steps("model")) == 3
    assert not any(used.batch for used in office.usage())


def test_a_batch_whose_answer_was_lost_is_found_and_not_made_twice(office, desk):
    desk.drops = True
    desk.loopback.script[name(office)] = Turn(text="Hello.")
    made = office.made(n=2)
    assert [one["reply"]["text"] for one in made] == ["Hello."] * 2
    assert len(desk.batches) == 1
    assert row(office).batch_id == desk.only.id


def test_a_provider_that_cannot_be_reached_costs_nothing_and_is_not_waited_for(office):
    gateway = parts.open_gateway(office.kernel, "http://127.0.0.1:1")
    office.gateway = gateway
    made = office.made(n=2)
    assert [one["error"]["details"]["reason"] for one in made] == ["unreachable"] * 2
    assert office.steps("batch")[0].cost_nusd == 0
    assert KEY not in str(made)


def test_the_key_is_shown_to_nobody(office, desk):
    desk.loopback.keys = ("another",)
    made = office.made(n=2)
    (batch,) = office.steps("batch")
    assert batch.outcome["details"]["reason"] == "key"
    assert batch.cost_nusd == 0
    assert KEY not in str(made) + str([dict(step._mapping) for step in office.steps()])
