"""Answers that do not count: empty ones, filtered ones, cut ones, and those that do not fit."""

from __future__ import annotations

import pytest

from core.llm import Gateway
from core.storage.cache import Memory
from core.usecases.complete import Completion
from tests.core.llm import parts
from tests.core.llm.chain.test_asking import attempts
from tests.loopback.server import Turn

MINI, NEXT, FULL = "openai/gpt-4o-mini", "openai/gpt-4.1-mini", "openai/gpt-4.1"
CLAUDE = "anthropic/claude-sonnet-4-5"
GOOD = '{"name": "Lyon", "people": 1, "rivers": []}'


@pytest.fixture
def gateway(gpt, claude):
    """Loopback providers that answer, with an empty cache."""
    gpt.script.clear()
    claude.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url), cache=Memory())


def told(kernel, task_id):
    """What viewers were told: text, and where what they saw became void."""
    kinds = {"delta": lambda data: data["text"], "model.restarted": lambda data: data["after"]}
    found = [e for e in parts.events(kernel, task_id) if e.type in kinds]
    return [(event.type, kinds[event.type](parts._data(event))) for event in found]


def seen(kernel, task_id):
    """The text that is left on a viewer's screen."""
    text = ""
    for kind, said in told(kernel, task_id):
        text = "" if kind == "model.restarted" else text + said
    return text


def paid(kernel, task_id):
    """What the ledger booked."""
    return sum(use.cost_nusd for use in parts.rows(kernel, "ledger_usage", task_id))


EMPTY = {
    "filtered": (MINI, Turn(text="", finish="content_filter"), "policy"),
    "refused by Anthropic": (CLAUDE, Turn(text="", finish="refusal"), "policy"),
    "spent on thinking": (MINI, Turn(text="", finish="length", thoughts="Hm."), "length"),
    "nothing at all": (MINI, Turn(text=""), "garbled"),
    "only blanks": (CLAUDE, Turn(text="\n"), "garbled"),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("what", EMPTY)
def test_an_answer_that_says_nothing_hands_over_is_paid_for_and_blames_nobody(
    kernel, gateway, request, what, stream
):
    model, turn, reason = EMPTY[what]
    server = request.getfixturevalue("gpt" if model == MINI else "claude")
    server.script[model.partition("/")[2]] = turn
    policy = {"streaming": stream}
    task_id = parts.ask(kernel, gateway, models=[model, FULL], policy=policy)
    reply = parts.Reply.model_validate(parts.end(kernel, task_id).output["reply"])
    assert attempts(reply) == [(model, reason), (FULL, "")]
    assert reply.text == Turn().text
    uses = parts.rows(kernel, "ledger_usage", task_id)
    assert [(use.model, bool(use.estimated)) for use in uses] == [(model, False), (FULL, False)]
    assert gateway.health([model])[0].failures == 0


@pytest.mark.parametrize("stream", [True, False])
def test_half_an_answer_that_was_filtered_is_withdrawn_while_another_can_be_asked(
    kernel, gateway, gpt, stream
):
    gpt.script["gpt-4o-mini"] = Turn(text="Only half of", finish="content_filter")
    asked = {"models": [MINI, FULL], "policy": {"streaming": stream}}
    task_id = parts.ask(kernel, gateway, **asked)
    reply = parts.Reply.model_validate(parts.end(kernel, task_id).output["reply"])
    assert attempts(reply) == [(MINI, "policy"), (FULL, "")]
    assert seen(kernel, task_id) == reply.text == Turn().text
    reply = parts.reply_of(kernel, gateway, models=[MINI], policy={"streaming": stream})
    assert (reply.text, reply.finish_reason) == ("Only half of", "content_filter")


def test_the_last_model_that_says_nothing_is_an_error_and_no_empty_answer(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text="", finish="length")
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI]))
    assert (task.state, task.error["details"]["reason"]) == ("failed", "length")
    assert "tokens_max" in task.error["hint"]


def test_an_answer_that_only_asks_for_tools_is_one(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text="", tools=[("weather", '{"city": "Paris"}')])
    reply = parts.reply_of(kernel, gateway, models=[MINI, FULL], tools=[parts.WEATHER])
    assert attempts(reply) == [(MINI, "")]
    assert reply.tool_calls[0].name == "weather"


def test_what_viewers_saw_is_void_even_when_the_next_model_shows_nothing(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text="One two three four", cut_after=3)
    gpt.script["gpt-4.1-mini"] = Turn(status=500)
    gpt.script["gpt-4.1"] = Turn(text="All is well.")
    task_id = parts.ask(kernel, gateway, models=[MINI, NEXT, FULL])
    assert parts.end(kernel, task_id).state == "done"
    assert seen(kernel, task_id) == "All is well."
    assert [said for kind, said in told(kernel, task_id) if kind != "delta"] == [MINI]


def mending(*texts):
    """Answers in turn, the last one for ever."""
    left = list(texts)
    return lambda _body: Turn(text=left.pop(0) if len(left) > 1 else left[0], completion=9)


@pytest.mark.parametrize("stream", [True, False])
def test_of_answers_that_were_asked_for_again_viewers_are_left_with_the_last(
    kernel, gateway, gpt, stream
):
    gpt.script["gpt-4o-mini"] = mending("sorry no", "still no", "never")
    gpt.script["gpt-4.1"] = mending("sorry no", GOOD)
    policy = {"streaming": stream}
    task_id = parts.ask(kernel, gateway, models=[MINI, FULL], shape="city", policy=policy)
    assert parts.end(kernel, task_id).output["reply"]["value"]["name"] == "Lyon"
    assert seen(kernel, task_id) == GOOD
    if not stream:
        assert told(kernel, task_id) == [("delta", GOOD)], "what does not fit is never shown"


def test_an_answer_that_was_cut_off_is_not_asked_for_again_at_the_same_length(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text='{"name": "Ly', finish="length", completion=200)
    task_id = parts.ask(kernel, gateway, models=[MINI], shape="city")
    error = parts.end(kernel, task_id).error
    assert len(parts.rows(kernel, "kernel_step", task_id)) == 1
    assert (error["details"]["reason"], "200 tokens" in error["hint"]) == ("unfit", True)
    assert "tokens_max" in error["hint"]


def test_an_answer_that_was_cut_off_is_asked_of_the_next_model(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(text='{"name": "Ly', finish="length")
    gpt.script["gpt-4.1"] = Turn(text=GOOD)
    reply = parts.reply_of(kernel, gateway, models=[MINI, FULL], shape="city")
    assert attempts(reply) == [(MINI, "unfit"), (FULL, "")]


def test_a_receipt_says_what_all_of_it_cost(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(cut_after=3)
    gpt.script["gpt-4.1-mini"] = mending("no", "no", "no")
    gpt.script["gpt-4.1"] = mending("no", GOOD)
    task_id = parts.ask(kernel, gateway, models=[MINI, NEXT, FULL], shape="city")
    reply = parts.Reply.model_validate(parts.end(kernel, task_id).output["reply"])
    assert attempts(reply) == [(MINI, "cut"), (NEXT, "unfit"), (FULL, "")]
    assert all(tried.cost_nusd > 0 for tried in reply.attempts)
    assert Completion.of(reply).cost_nusd == paid(kernel, task_id) > reply.cost_nusd


def test_an_apology_of_the_built_in_model_is_not_kept_for_an_hour(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=503)
    asked = {"models": [MINI, "offline"], "policy": {"cache_ttl_s": 3_600}}
    assert parts.reply_of(kernel, gateway, **asked).model == "offline"
    gpt.script["gpt-4o-mini"] = Turn()
    assert parts.reply_of(kernel, gateway, **asked).model == MINI


def test_where_nobody_else_is_asked_the_built_in_model_is_kept(kernel, gateway):
    asked = {"models": ["offline"], "policy": {"cache_ttl_s": 3_600}}
    parts.reply_of(kernel, gateway, **asked)
    assert parts.reply_of(kernel, gateway, **asked).cached
