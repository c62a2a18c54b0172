"""A question walks the chain: failures hand over, answers fit, equal ones are free."""

from __future__ import annotations

import pytest

from core.errors import restore
from core.llm import Gateway
from core.storage.cache import Memory
from tests.core.llm import parts
from tests.loopback.server import Turn

MINI, FULL, CLAUDE = "openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4-5"
FAULTS = {
    "down": Turn(status=500),
    "rate_limit": Turn(status=429),
    "key": Turn(status=401),
    "context": Turn(
        status=400, error="This model's maximum context length is 8", code="context_length_exceeded"
    ),
    "policy": Turn(status=400, error="content_policy_violation", code="content_policy_violation"),
    "unknown": Turn(status=404, error="no such model", code="model_not_found"),
    "cut": Turn(cut_after=2),
}


@pytest.fixture
def gateway(gpt, claude):
    """Loopback providers that answer, with an empty cache."""
    gpt.script.clear()
    claude.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url), cache=Memory())


def attempts(reply):
    return [(tried.model, tried.reason) for tried in reply.attempts]


@pytest.mark.parametrize("reason", FAULTS)
def test_every_fault_hands_over_to_the_next_model(kernel, gateway, gpt, reason):
    gpt.script["gpt-4o-mini"] = FAULTS[reason]
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI, FULL]))
    reply = parts.Reply.model_validate(task.output["reply"])
    assert attempts(reply) == [(MINI, reason), (FULL, "")]
    steps = parts.rows(kernel, "kernel_step", task.id)
    assert [step.state for step in steps] == ["failed", "done"]
    uses = parts.rows(kernel, "ledger_usage", task.id)
    assert [use.model for use in uses] == ([MINI, FULL] if reason == "cut" else [FULL])
    assert sum(use.cost_nusd for use in uses) == sum(step.cost_nusd for step in steps)


def test_an_answer_that_broke_off_is_restarted_before_the_viewers_eyes(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = FAULTS["cut"]
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI, FULL]))
    types = [
        e.type for e in parts.events(kernel, task.id) if e.type in ("delta", "model.restarted")
    ]
    assert types[0] == "delta"
    assert "model.restarted" in types
    (restarted,) = (e for e in parts.events(kernel, task.id) if e.type == "model.restarted")
    assert MINI in str(restarted.data)


def test_the_last_failure_is_told_and_names_its_model(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = gpt.script["gpt-4o"] = Turn(status=500)
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI, FULL]))
    assert (task.state, task.error["details"]["model"]) == ("failed", FULL)
    assert restore(task.error).code == "unavailable"


def test_a_model_that_keeps_failing_is_left_alone(kernel, gateway, gpt, monkeypatch):
    monkeypatch.setattr(gateway.router, "_clock", lambda: 1_000.0)  # nothing cools down meanwhile
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    for _ in range(2):
        parts.reply_of(kernel, gateway, models=[MINI, FULL])
    asked = len([seen for seen in gpt.seen if seen["body"]["model"] == "gpt-4o-mini"])
    reply = parts.reply_of(kernel, gateway, models=[MINI, FULL])
    assert attempts(reply) == [(FULL, "")]
    assert len([s for s in gpt.seen if s["body"]["model"] == "gpt-4o-mini"]) == asked
    (standing,) = gateway.health([MINI])
    assert (standing.state, standing.reason) == ("open", "down")


def test_when_all_are_cooling_the_answer_says_how_long(kernel, gateway, gpt, monkeypatch):
    monkeypatch.setattr(gateway.router, "_clock", lambda: 1_000.0)  # nothing cools down meanwhile
    gpt.script["gpt-4o-mini"] = Turn(status=401)
    parts.end(kernel, parts.ask(kernel, gateway, models=[MINI]))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI]))
    assert task.error["details"]["reason"] == "cooling"
    assert 0 < task.error["details"]["retry_after_s"] <= 31
    assert task.error["details"].keys() >= {"use_case", "variant"}  # whose failure it is
    (step,) = parts.rows(kernel, "kernel_step", task.id)
    assert (step.state, step.cost_nusd) == ("failed", 0)


def test_the_offline_model_is_the_last_that_is_asked(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    models = ["offline", MINI]
    cheap = {"choose": "cheapest"}
    reply = parts.reply_of(kernel, gateway, models=models, policy=cheap)
    assert attempts(reply) == [(MINI, "down"), ("offline", "")]


def test_the_cheapest_that_is_healthy_is_asked_first(kernel, gateway):
    models, cheap = [FULL, MINI], {"choose": "cheapest"}
    assert parts.reply_of(kernel, gateway, models=models, policy=cheap).model == MINI
    assert parts.reply_of(kernel, gateway, models=models).model == FULL


def test_the_fastest_is_asked_once_both_were_measured_warm(kernel, gateway, gpt):
    gpt.script["gpt-4o"] = Turn(delay_s=0.15)
    fast = {"choose": "fastest"}
    for _ in range(4):
        parts.reply_of(kernel, gateway, models=[FULL, MINI], policy=fast)
    measured = {one.model: one.first_token_ms for one in gateway.health([FULL, MINI])}
    assert measured[FULL] >= 150, "each was asked, and timed"
    quickest = min(measured, key=measured.__getitem__)  # MINI, where nothing else is in its way
    assert parts.reply_of(kernel, gateway, models=[FULL, MINI], policy=fast).model == quickest


def test_a_reply_carries_its_receipt(kernel, gateway):
    task_id = parts.ask(kernel, gateway, models=[MINI], policy={"name": "mail", "variant": "b"})
    task = parts.end(kernel, task_id)
    reply = parts.Reply.model_validate(task.output["reply"])
    (use,) = parts.rows(kernel, "ledger_usage", task_id)
    assert reply.latency_ms >= (reply.first_token_ms or 0) >= 0
    assert sum(reply.breakdown.values()) == reply.cost_nusd == use.cost_nusd > 0
    assert (use.use_case, use.variant, use.latency_ms) == ("mail", "b", reply.latency_ms)
    assert reply.cached is False


# Structured answers.


def city(text):
    return Turn(text=text, completion=9)


def test_a_structured_answer_is_asked_for_natively_and_fits(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = city('{"name": "Lyon", "people": 500000, "rivers": []}')
    reply = parts.reply_of(kernel, gateway, models=[MINI], shape="city")
    assert reply.value == {"name": "Lyon", "people": 500_000, "rivers": []}
    body = gpt.seen[-1]["body"]
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["schema"]["additionalProperties"] is False


def mending(*answers):
    """Answers in turn, the last one for ever."""
    left = list(answers)
    return lambda _body: city(left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.parametrize("model", [MINI, CLAUDE])
def test_an_answer_that_does_not_fit_is_asked_for_again_with_its_mistake(
    kernel, gateway, gpt, claude, model
):
    server = gpt if model == MINI else claude
    good = '{"name": "Lyon", "people": 1, "rivers": ["Rhône"]}'
    server.script[model.partition("/")[2]] = mending(
        "Lyon!", '{"name": "Lyon", "people": -4}', good
    )
    task_id = parts.ask(kernel, gateway, models=[model], shape="city")
    task = parts.end(kernel, task_id)
    assert task.output["reply"]["value"]["rivers"] == ["Rhône"]
    assert len(parts.rows(kernel, "kernel_step", task_id)) == 3
    last = server.seen[-1]["body"]["messages"][-1]
    assert "greater than or equal to 0" in str(last["content"])


def test_a_model_that_never_fits_hands_over_and_the_next_may(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = city("never JSON")
    gpt.script["gpt-4o"] = city('{"name": "Lyon", "people": 1, "rivers": []}')
    reply = parts.reply_of(kernel, gateway, models=[MINI, FULL], shape="city")
    assert (reply.model, reply.value["name"]) == (FULL, "Lyon")
    assert attempts(reply) == [(MINI, "unfit"), (FULL, "")]


def test_when_nothing_fits_there_is_an_error_and_never_half_an_object(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = city('{"name": "Lyon"')
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[MINI], shape="city"))
    assert (task.state, task.error["details"]["reason"]) == ("failed", "unfit")
    assert task.output is None
    assert len(parts.rows(kernel, "kernel_step", task.id)) == 3, "asked again a bounded number"


# Equal questions.


def test_an_equal_question_is_free_marked_and_still_streamed(kernel, gateway, gpt):
    cached = {"cache_ttl_s": 60}
    first = parts.reply_of(kernel, gateway, models=[MINI], policy=cached)
    sent = len(gpt.seen)
    task_id = parts.ask(kernel, gateway, models=[MINI], policy=cached)
    task = parts.end(kernel, task_id)
    second = parts.Reply.model_validate(task.output["reply"])
    assert len(gpt.seen) == sent, "nobody was asked"
    assert (second.text, second.cached, second.cost_nusd) == (first.text, True, 0)
    assert second.left == first.left, "it held nothing, and says all the same what is left"
    assert parts.said(kernel, task_id) == first.text
    (use,) = parts.rows(kernel, "ledger_usage", task_id)
    assert (bool(use.cache_hit), use.cost_nusd, use.prompt_tokens) == (True, 0, 0)


def test_without_a_policy_for_it_nothing_is_kept(kernel, gateway, gpt):
    parts.reply_of(kernel, gateway, models=[MINI])
    sent = len(gpt.seen)
    parts.reply_of(kernel, gateway, models=[MINI])
    assert len(gpt.seen) == sent + 1


def test_an_answer_that_never_fitted_is_no_answer_to_an_equal_question(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = city("never JSON")
    gpt.script["gpt-4o"] = city('{"name": "Lyon", "people": 1, "rivers": []}')
    asked = {"models": [MINI, FULL], "shape": "city", "policy": {"cache_ttl_s": 60}}
    task_id = parts.ask(kernel, gateway, **asked)
    first = parts.Reply.model_validate(parts.end(kernel, task_id).output["reply"])
    assert attempts(first) == [(MINI, "unfit"), (FULL, "")]
    assert len(parts.rows(kernel, "kernel_step", task_id)) == 4, "each model had its turn, once"
    sent = len(gpt.seen)
    second = parts.reply_of(kernel, gateway, **asked)
    assert (second.cached, second.value, second.cost_nusd) == (True, first.value, 0)
    assert len(gpt.seen) == sent, "what fitted is what is kept"


def test_a_mended_answer_is_kept_for_the_question_it_answers(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = mending("Lyon!", '{"name": "Lyon", "people": 1, "rivers": []}')
    asked = {"models": [MINI], "shape": "city", "policy": {"cache_ttl_s": 60}}
    first = parts.reply_of(kernel, gateway, **asked)
    sent = len(gpt.seen)
    second = parts.reply_of(kernel, gateway, **asked)
    assert (second.cached, second.value) == (True, first.value)
    assert len(gpt.seen) == sent


def test_an_answer_that_nobody_judged_is_not_shown_once_answers_are_judged(kernel, gateway, gpt):
    unjudged = {"cache_ttl_s": 60, "moderation": "off"}
    parts.reply_of(kernel, gateway, models=[MINI], policy=unjudged)
    sent = len(gpt.seen)
    judged = {"cache_ttl_s": 60, "moderation": "full"}
    assert parts.reply_of(kernel, gateway, models=[MINI], policy=judged).cached is False
    assert len(gpt.seen) == sent + 1
