"""Governance, models: who is there, what models cost, how they do, and one that is tried."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from components import session
from components.govern.views import models
from core.governance.rates import RateDoor
from core.identity.records import PERSON
from core.settings.catalogue import catalogue
from core.storage.database import now
from tests import screens
from tests.loopback import openai_server
from tests.loopback.server import KEY, Turn

MINI, ABSENT = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"


@pytest.fixture(scope="module")
def gpt():
    with openai_server.open_server() as server:
        yield server


@pytest.fixture(scope="module")
def _wired(tmp_path_factory, gpt):
    env = {
        "STUDIO_MODELS": f"{MINI},{ABSENT},offline",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{gpt.url}/v1",
    }
    yield from screens.opened(tmp_path_factory.mktemp("models"), **env)


@pytest.fixture
def wired(_wired):
    """A studio with a provider on loopback, one without its key, and the built-in one."""
    screens.show(_wired)
    return _wired


def tried(model):
    """The page after the connection to `model` was tested."""
    at = screens.shell("governance", view="models")
    at.selectbox(key="test_model").set_value(model)
    at.button(key="test_connection").click().run()
    end = time.monotonic() + 120
    while models.POLL_S and "Waiting for the answer" in screens.text(at):
        assert time.monotonic() < end
        time.sleep(0.1)
        at.run()
    return at.run()


@pytest.mark.usefixtures("wired")
def test_every_provider_is_shown_with_the_setting_it_lacks_and_no_key():
    at = screens.shell("governance", view="models")
    assert not at.exception
    said = screens.text(at)
    for section in catalogue().values():
        assert all(entry.title in said for entry in section.values())
    assert "ANTHROPIC_API_KEY is not set" in said
    assert "OPENAI_API_KEY" not in said
    assert KEY not in said


@pytest.mark.usefixtures("wired")
def test_models_of_the_chain_have_their_price_and_state():
    lines = {line["model"]: line for line in models.model_lines()}
    assert list(lines)[:3] == [MINI, ABSENT, "offline"]
    assert (lines[MINI]["input"], lines[MINI]["output"]) == ("0.150", "0.600")
    assert (lines[MINI]["state"], lines[ABSENT]["state"]) == ("ready", "absent")
    assert lines[ABSENT]["why"] == "ANTHROPIC_API_KEY is not set"
    assert lines["offline"]["input"] == "free"


@pytest.mark.usefixtures("wired")
def test_a_connection_that_works_shows_its_time_and_cost(gpt):
    gpt.script["gpt-4o-mini"] = Turn("connected", prompt=1000, completion=100)
    at = tried(MINI)
    assert not at.exception
    said = screens.text(at)
    assert "Answered in" in said
    assert "1,100 tokens" in said
    assert "$0.000210" in said
    line = next(line for line in models.model_lines() if line["model"] == MINI)
    assert line["calls"] >= 1
    assert line["latency"].endswith(" ms")


def test_a_connection_that_fails_shows_why_and_the_way_out(wired, gpt, monkeypatch):
    monkeypatch.setattr(wired.llm.router, "_clock", lambda: 1_000.0)  # nothing cools down meanwhile
    gpt.script["gpt-4o-mini"] = Turn(status=401, error=f"Incorrect API key provided: {KEY}.")
    at = tried(MINI)
    assert not at.exception
    assert "Check OPENAI_API_KEY in the settings" in screens.text(at)
    assert KEY not in screens.text(at) + "".join(error.proto.title for error in at.error)
    line = next(line for line in models.model_lines() if line["model"] == MINI)
    assert line["state"].startswith("cooling down")
    assert line["why"] == "its key was refused"
    gpt.script["gpt-4o-mini"] = Turn("connected", prompt=14, completion=2)
    assert "Answered in" in screens.text(tried(MINI)), "a person need not wait for the cooldown"
    line = next(line for line in models.model_lines() if line["model"] == MINI)
    assert line["state"] == "ready"


def test_a_test_that_may_not_begin_says_why_and_leaves_the_page(wired, monkeypatch):
    monkeypatch.setattr(wired.kernel, "doors", (RateDoor(0),))
    at = screens.shell("governance", view="models")
    at.selectbox(key="test_model").set_value("offline")
    at.button(key="test_connection").click().run()
    (error,) = at.error
    assert "requests a minute for models" in error.proto.title
    assert "Try again in" in error.value
    assert "ANTHROPIC_API_KEY is not set" in screens.text(at), "what stands below is drawn too"


@pytest.mark.usefixtures("wired")
def test_a_free_model_costs_nothing_in_words():
    said = screens.text(tried("offline"))
    assert "tokens, free." in said
    assert "$0.000000" not in said


def signed_in(studio, monkeypatch, role):
    """A person of this role looks at the pages; only the browser's cookie is left out."""
    owner = studio.people.local()
    row = {"id": f"the {role}", "org_id": owner.org_id, "team_id": owner.team_id, "name": "Ana"}
    row |= {"role": role, "password": "", "created_at": now()}
    studio.database.transaction(lambda db: db.execute(sa.insert(PERSON), row))
    token = studio.people.open_session(studio.people.person(row["id"]))
    monkeypatch.setattr(session, "signed_in", lambda: studio.people.by_session(token))
    return studio.people.person(row["id"])


@pytest.mark.parametrize("role", ["analyst", "viewer"])
def test_only_an_owner_sees_the_test_and_may_run_it(wired, gpt, monkeypatch, role):
    person = signed_in(wired, monkeypatch, role)
    before = len(gpt.seen)
    at = screens.shell("governance", view="models")
    assert not at.exception
    assert at.session_state["person"] == person
    assert MINI in str(at.dataframe[0].value)
    assert not [button for button in at.button if button.key == "test_connection"]
    task_id = wired.submit(person, "models.test", {"model": MINI})  # a forged click
    for _ in wired.kernel.follow(task_id):
        pass
    assert wired.kernel.task(task_id).error["code"] == "refused"
    assert len(gpt.seen) == before
