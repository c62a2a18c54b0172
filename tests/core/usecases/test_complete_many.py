"""Many prompts: a batch where there is a door to one, else one after the other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.settings import load
from core.studio import open_studio
from core.usecases.complete_many import Answers
from tests.core.llm.batching.parts import QUICK
from tests.loopback import mistral_server
from tests.loopback.batches import openai_batches
from tests.loopback.server import KEY, Turn


def answered(studio, **asked):
    task_id = studio.submit(studio.people.local(), "complete.many", asked)
    for _ in studio.kernel.follow(task_id):
        pass
    task = studio.kernel.task(task_id)
    assert task.state == "done", task.error
    query = sa.text("select kind, cost_nusd from kernel_step where task_id = :id order by seq")
    steps = studio.database.rows(query.bindparams(id=task_id))
    return Answers.model_validate(task.output), [tuple(step) for step in steps]


def test_without_a_door_each_is_asked_by_itself(studio):
    made, steps = answered(studio, prompts=["Hello", "Who are you?"])
    assert [one.completion.model for one in made.answers] == ["offline", "offline"]
    assert (made.failed, made.cost_nusd) == (0, 0)
    assert [kind for kind, _ in steps] == ["check", "model", "model"]


@pytest.fixture
def hosted(tmp_path):
    """A studio whose OpenAI, with its batches, is on loopback."""
    with openai_batches.open_server() as desk:
        desk.loopback.script["gpt-4o-mini"] = Turn(text="Hello.", prompt=40, completion=90)
        env = {"STUDIO_DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR", "MODERATION": "local"}
        env |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{desk.loopback.url}/v1"}
        opened = open_studio(load(env, None))
        opened.batches._pace, opened.desk = QUICK, desk
        yield opened
        opened.close()


def test_with_a_door_they_are_one_step_at_half_the_price(hosted):
    models = ["openai/gpt-4o-mini"]
    made, steps = answered(hosted, prompts=["One?", "Two?", "Three?"], models=models)
    assert [one.completion.text for one in made.answers] == ["Hello."] * 3
    single = 40 * 150 + 90 * 600
    assert made.cost_nusd * 2 == 3 * single
    assert steps == [("check", 0), ("batch", made.cost_nusd)]


def test_under_a_use_case_they_are_asked_as_it_says_in_one_batch(hosted):
    org_id, desk = hosted.people.local().org_id, hosted.desk
    changes = {"batch": True, "models": ["openai/gpt-4o-mini"], "prompt": "insight_answer"}
    hosted.policies.override(org_id, "lead_scoring", changes, "ana")
    desk.loopback.script["gpt-4o-mini"] = Turn(text='{"score": 7}', prompt=40, completion=90)
    made, steps = answered(hosted, prompts=["One?", "Two?"], policy="lead_scoring")
    assert [kind for kind, _ in steps] == ["check", "batch"]
    assert [one.completion.text for one in made.answers] == ['{"score": 7}'] * 2
    hash, opening = hosted.prompts.render(org_id, "insight_answer", {}).hash, "Answer now"
    assert {(one.completion.use_case, one.completion.prompt_hash) for one in made.answers} == {
        ("lead_scoring", hash)
    }
    asked = [body for _, body in desk.only.requests]
    assert [body["messages"][-1]["content"] for body in asked] == ["One?", "Two?"]
    assert all(opening in str(body["messages"][:-1]) for body in asked)
    assert [(body["temperature"], body["max_tokens"]) for body in asked] == [(0.3, 800)] * 2
    assert all("response_format" in body for body in asked)  # its answers are JSON


def test_a_use_case_that_allows_no_batch_gets_none(hosted):
    org_id = hosted.people.local().org_id
    changes = {"models": ["openai/gpt-4o-mini"]}
    hosted.policies.override(org_id, "email_generation", changes, "ana")
    made, steps = answered(hosted, prompts=["One?", "Two?"], policy="email_generation")
    assert [kind for kind, _ in steps] == ["check", "model", "model"]
    assert {one.completion.use_case for one in made.answers} == {"email_generation"}


def test_what_failed_requests_cost_is_in_the_sum(tmp_path):
    with mistral_server.open_server() as server:
        whole = Turn(text="Hello.", prompt=40, completion=90)
        cut = Turn(text="Hello to you.", cut_after=2)
        server.script["mistral-small-latest"] = lambda body: cut if "Two" in str(body) else whole
        env = {"STUDIO_DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR", "MISTRAL_API_KEY": KEY}
        opened = open_studio(load(env | {"MISTRAL_BASE_URL": f"{server.url}/v1"}, None))
        models = ["mistral/mistral-small-latest"]
        made, steps = answered(opened, prompts=["One?", "Two?"], models=models)
        opened.close()
    first, second = made.answers
    assert (made.failed, second.error["code"]) == (1, "unavailable")
    assert made.cost_nusd == sum(cost for _, cost in steps) > first.completion.cost_nusd > 0
