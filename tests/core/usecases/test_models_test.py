"""A test of a connection is one small priced step, for owners only."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.identity.records import PERSON
from core.settings import load
from core.studio import open_studio
from core.usecases.models_test import Reached
from tests.loopback import openai_server
from tests.loopback.server import KEY, Turn

MINI, GOLD = "openai/gpt-4o-mini", "openai/gold"
PRICES = f'{{"{GOLD}": {{"input": 10000, "output": 10000}}}}'


@pytest.fixture(scope="module")
def gpt():
    with openai_server.open_server() as server:
        yield server


@pytest.fixture
def wired(tmp_path, gpt):
    """A studio whose one hosted provider is on loopback."""
    env = {"STUDIO_DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR", "OPENAI_API_KEY": KEY}
    env |= {"OPENAI_BASE_URL": f"{gpt.url}/v1", "MODEL_PRICES": PRICES}
    studio = open_studio(load(env, None))
    yield studio
    studio.close()


def outcome_of(studio, model, person=None):
    task_id = studio.submit(person or studio.people.local(), "models.test", {"model": model})
    for _ in studio.kernel.follow(task_id):
        pass
    return studio.kernel.task(task_id)


def test_a_model_that_answers_is_shown_with_what_it_took(wired, gpt):
    gpt.script["gpt-4o-mini"] = Turn("connected", prompt=14, completion=2)
    made = Reached.model_validate(outcome_of(wired, MINI).output)
    assert (made.text, made.tokens, made.model) == ("connected", 16, MINI)
    assert made.cost_nusd == 14 * 150 + 2 * 600
    assert not made.estimated
    assert gpt.seen[-1]["body"]["max_tokens"] <= 64


@pytest.mark.parametrize(
    ("model", "turn", "reason"),
    [
        (MINI, Turn(status=401, error="Bad key."), "key"),
        (MINI, Turn(status=429, error="Slow down."), "rate_limit"),
        ("anthropic/claude-haiku-4-5", Turn(), "absent"),
        ("openai/nobody-priced-this", Turn(), "unpriced"),
    ],
)
def test_a_model_that_cannot_be_reached_is_a_typed_error(wired, gpt, model, turn, reason):
    gpt.script["gpt-4o-mini"] = turn
    error = outcome_of(wired, model).error
    assert error["details"]["reason"] == reason
    assert error["hint"]
    assert KEY not in str(error)


def test_a_model_that_cools_down_is_asked_at_once_and_used_again(wired, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=401, error="Bad key.")
    outcome_of(wired, MINI)
    assert [one.state for one in wired.llm.health([MINI])] == ["open"]
    before = len(gpt.seen)
    assert outcome_of(wired, MINI).error["details"]["reason"] == "key", "asked, not turned away"
    assert len(gpt.seen) == before + 1
    gpt.script["gpt-4o-mini"] = Turn("connected", prompt=14, completion=2)
    assert outcome_of(wired, MINI).output["text"] == "connected"
    assert [one.state for one in wired.llm.health([MINI])] == ["closed"]


def test_a_model_that_thinks_for_longer_than_a_test_lasts_was_reached(wired, gpt):
    gpt.script["gpt-4o-mini"] = Turn("", prompt=14, completion=64, finish="length")
    made = Reached.model_validate(outcome_of(wired, MINI).output)
    assert (made.text, made.tokens, made.cost_nusd) == ("", 64, 14 * 150 + 64 * 600)


def test_it_may_cost_a_few_cents_at_most(wired, gpt):
    before = len(gpt.seen)
    assert outcome_of(wired, GOLD).error["code"] == "budget_exceeded"
    assert len(gpt.seen) == before


def test_only_owners_may(wired, gpt):
    owner = wired.people.local()
    change = sa.update(PERSON).where(PERSON.c.id == owner.id).values(role="analyst")
    wired.database.transaction(lambda db: db.execute(change))
    before = len(gpt.seen)
    error = outcome_of(wired, MINI, person=owner).error
    assert error["code"] == "refused"
    assert len(gpt.seen) == before
