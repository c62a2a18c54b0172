"""Governance, models: who is there, what models cost, how they do, and one that is tried."""

from __future__ import annotations

import time

import pytest

from components.govern.views import models
from core.settings.catalogue import catalogue
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
    end = time.monotonic() + 30
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


@pytest.mark.usefixtures("wired")
def test_a_connection_that_fails_shows_why_and_the_way_out(gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=401, error=f"Incorrect API key provided: {KEY}.")
    at = tried(MINI)
    assert not at.exception
    assert "Check OPENAI_API_KEY in the settings" in screens.text(at)
    assert KEY not in screens.text(at) + "".join(error.proto.title for error in at.error)
    line = next(line for line in models.model_lines() if line["model"] == MINI)
    assert line["state"].startswith("cooling down")
    assert line["why"] == "its key was refused"
    again = screens.text(tried(MINI))
    assert "The last time its key was refused" in again, "a model that rests still says why"


@pytest.mark.usefixtures("wired")
def test_only_who_may_govern_sees_the_test(monkeypatch):
    monkeypatch.setattr(models, "may", lambda *_: False)
    at = screens.shell("governance", view="models")
    assert not [button for button in at.button if button.key == "test_connection"]
