"""Many questions: a batch where policy, provider and price allow it, else one by one."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa

from core.errors import Invalid
from core.governance import ApprovalGate
from core.kernel import Verdict
from core.kernel.records import WAIT
from core.llm import ModelPrice
from core.llm.batches import REQUESTS_MAX, Batches, BatchRequest
from core.llm.gateway import Gateway
from core.llm.messages import Message
from tests.core.kernel.proofs.parts import books, settle_down
from tests.core.llm.batching import parts
from tests.core.llm.parts import settings
from tests.loopback.batches import openai_batches
from tests.loopback.server import Turn

OSLO = '{"name": "Oslo", "people": 700000}'


@pytest.fixture
def desk():
    with openai_batches.open_server() as desk:
        yield desk


@pytest.fixture
def office(desk, tmp_path):
    kernel = parts.open_kernel(f"sqlite:///{tmp_path}/studio.db", tmp_path)
    yield parts.Office(kernel, parts.open_gateway(kernel, desk.url), parts.GPT)
    settle_down(kernel)
    books(kernel)
    kernel.close()
    kernel.database.close()


def kinds(office):
    return [step.kind for step in office.steps()]


@pytest.mark.parametrize(
    "many",
    [
        {"batch": False},
        {"models": ["offline"]},
        {"models": ["compatible/m"]},
        {"models": ["openai/gpt-without-batch"]},
    ],
    ids=["the policy does not allow it", "built in", "no door", "no price within a batch"],
)
def test_without_a_batch_each_request_is_asked_by_itself(office, desk, many):
    price = {"openai/gpt-without-batch": ModelPrice(input="1", output="2")}
    office.gateway = Gateway(
        settings(desk.url, desk.url, prices=price | {"compatible/m": price[next(iter(price))]})
    )
    parts.NOW["now"] = Batches(office.kernel.database, office.gateway, pace=parts.QUICK)
    made = office.made(n=3, **many)
    assert ["reply" in one for one in made] == [True] * 3
    assert kinds(office) == ["check", "model", "model", "model"]
    assert desk.batches == {}
    assert not any(used.batch for used in office.usage())


def test_a_model_that_no_batch_of_chats_can_ask_is_asked_by_itself(office, desk):
    made = office.made(n=2, models=["openai/gpt-5-pro"])  # priced within a batch, of responses
    assert len(made) == 2
    assert kinds(office) == ["check", "model", "model"]
    assert desk.batches == {}


def test_with_a_batch_there_is_one_step_and_its_approver_sees_what_it_is(office):
    assert len(office.made(n=3)) == 3
    assert kinds(office) == ["check", "batch"]


def test_structured_answers_fit_or_are_errors_never_half_objects(office, desk):
    def answer(body):
        assert body["response_format"]["type"] == "json_schema"
        third = "Question 2?" in json.dumps(body["messages"])
        return Turn('{"name": "Oslo"}' if third else OSLO)

    desk.loopback.script["gpt-4o-mini"] = answer
    made = office.made(n=3, shaped=True)
    assert [one["reply"]["value"] for one in made[:2]] == [json.loads(OSLO)] * 2
    assert made[2]["error"]["details"]["reason"] == "unfit"
    assert office.usage()[0].units == 3  # it was paid for all the same


def test_tools_are_offered_and_asked_for_within_a_batch(office, desk):
    desk.loopback.script["gpt-4o-mini"] = Turn(tools=[("weather", '{"city": "Oslo"}')])
    (made,) = office.made(n=1, tools=True)
    assert made["reply"]["tool_calls"][0]["arguments"] == {"city": "Oslo"}
    assert desk.only.requests[0][1]["tools"][0]["function"]["name"] == "weather"


def test_a_limit_refuses_the_whole_batch_before_anything_is_handed_over(office, desk):
    office.kernel.ledger.limit("person:ana", "nusd", "day", 1_000)
    task = office.ended(office.submit(n=3))
    assert task.error["code"] == "budget_exceeded"
    assert desk.batches == {}


def test_no_questions_take_no_step_and_too_many_are_refused(office):
    assert office.made(n=0) == []
    assert kinds(office) == []
    many = [BatchRequest([Message(role="user", content="x")])] * (REQUESTS_MAX + 1)
    with pytest.raises(Invalid):
        parts.NOW["now"].run_batch(None, many)


def test_the_gates_read_every_word_and_see_every_picture_of_a_batch(office):
    class Gate:
        seen = ()

        def ask(self, ask):
            self.seen = ask.content or self.seen
            return Verdict("gate")

    gate = Gate()
    office.kernel.gates = (gate,)
    office.made(n=2, pictures=True)
    picture = "data:image/png;base64,QQ=="
    assert gate.seen == ("Question 0?", picture, "Question 1?", picture)


def texts(made):
    return [one["reply"]["text"] for one in made]


def test_what_was_answered_before_is_not_sent_again(office, desk):
    desk.loopback.script["gpt-4o-mini"] = lambda body: Turn(text=f"On {body['messages'][-1]}")
    first = office.made(n=3, cache_ttl_s=60)
    second = office.made(n=4, cache_ttl_s=60)
    assert texts(second)[:3] == texts(first)
    assert [len(batch.requests) for batch in desk.batches.values()] == [3, 1]
    assert [one["reply"]["cached"] for one in second] == [True, True, True, False]
    assert [one["reply"]["cost_nusd"] == 0 for one in second] == [True, True, True, False]
    hits = [used for used in office.usage() if used.cache_hit]
    assert [(used.cost_nusd, used.prompt_tokens) for used in hits] == [(0, 0)] * 3
    assert texts(office.made(n=4, cache_ttl_s=60)) == texts(second)
    assert len(desk.batches) == 2
    assert kinds(office) == ["check", "model"], "no batch at all"


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("shaped", [True, False])
def test_single_calls_and_batches_share_their_answers(office, desk, batch_first, shaped):
    desk.loopback.script["gpt-4o-mini"] = Turn(text=OSLO)
    about = {"n": 1, "cache_ttl_s": 60, "shaped": shaped}
    first = office.made(batch=batch_first, **about)
    asked = len(desk.loopback.seen)
    (second,) = office.made(batch=not batch_first, **about)
    assert second["reply"]["cached"]
    assert second["reply"]["value"] == first[0]["reply"]["value"]
    assert len(desk.loopback.seen) == asked
    assert len(desk.batches) == batch_first


def test_without_a_policy_for_it_a_batch_keeps_nothing(office, desk):
    for _ in range(2):
        office.made(n=2)
    assert len(desk.batches) == 2


def test_an_approval_of_a_batch_binds_to_every_word_of_it(office, monkeypatch):
    monkeypatch.setattr(office.kernel, "gates", (ApprovalGate(),))

    def wait_of(**many):
        task_id = office.submit(policy={"approve": ["batch"]}, **many)
        query = sa.select(WAIT).where(WAIT.c.task_id == task_id)
        limit = time.monotonic() + 120
        while not (found := office.kernel.database.rows(query)):
            assert time.monotonic() < limit
            time.sleep(0.01)
        office.kernel.cancel(task_id)
        return found[0]

    first, same, other = wait_of(), wait_of(), wait_of(first=1)
    assert (first.shows["model"], first.shows["requests"]) == (parts.GPT, 3)
    assert first.shows["asks"] == "Question 0?"
    assert first.digest == same.digest != other.digest


def test_the_gates_read_what_was_answered_before_as_well(office, monkeypatch):
    office.made(n=1, cache_ttl_s=60)

    class No:
        def ask(self, ask):
            if "Question 0?" in ask.content:
                return Verdict("no", "refuse", "refused", "Not this.")
            return Verdict("no")

    monkeypatch.setattr(office.kernel, "gates", (No(),))
    task = office.ended(office.submit(n=1, cache_ttl_s=60))
    assert task.error["message"] == "Not this."
