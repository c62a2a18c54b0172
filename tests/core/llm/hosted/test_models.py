"""The gateway through LiteLLM, against servers that speak the real formats."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager

import pytest

from core.llm import Gateway, Message, ToolCall
from core.llm.hosted import Route
from tests.core.llm import parts
from tests.loopback.server import KEY, Turn

GPT, CLAUDE = "openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"
PARIS = '{"city": "Paris"}'


@pytest.fixture
def gateway(gpt, claude):
    gpt.script.clear()
    claude.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url))


def script(gpt, claude, model, turn):
    """The server of `model` answers with `turn`."""
    provider, name = model.split("/", 1)
    (claude if provider == "anthropic" else gpt).script[name] = turn


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_an_answer_streams_and_costs_what_the_provider_counted(kernel, gateway, gpt, claude, model):
    turn = Turn("A word from afar.", prompt=1000, cached=600, completion=50)
    script(gpt, claude, model, turn)
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[model]))
    reply, (use,) = task.output["reply"], parts.rows(kernel, "ledger_usage", task.id)
    nusd = {GPT: 400 * 150 + 600 * 75 + 50 * 600, CLAUDE: 400 * 3000 + 600 * 300 + 50 * 15000}
    assert reply["text"] == parts.said(kernel, task.id) == "A word from afar."
    assert (reply["usage"]["prompt"], reply["usage"]["cached"]) == (1000, 600)
    assert reply["cost_nusd"] == use.cost_nusd == nusd[model]
    assert (use.prompt_tokens, use.completion_tokens, use.cached_tokens) == (1000, 50, 600)
    assert not use.estimated
    assert not reply["estimated"]
    (step,) = parts.rows(kernel, "kernel_step", task.id)
    assert step.cost_nusd == nusd[model]
    assert step.tokens == 1050


@pytest.mark.parametrize("streaming", [True, False])
def test_a_model_that_searches_by_itself_is_held_and_billed_for_it(kernel, gateway, gpt, streaming):
    model, search_nusd = "openai/gpt-5-search-api", 10_000_000
    gpt.script["gpt-5-search-api"] = Turn("Found.", prompt=100, completion=20)
    asked = {"models": [model], "policy": {"streaming": streaming}}
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.cost_nusd == 100 * 1250 + 20 * 10_000 + search_nusd
    assert task.output["reply"]["breakdown"]["query"] == search_nusd
    assert gateway.estimate(model, [Message(role="user", content="x")])["nusd"] > search_nusd
    gpt.script["gpt-5-search-api"] = Turn(status=500)
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    assert parts.rows(kernel, "ledger_usage", task.id) == []


def test_reasoning_and_cache_writes_are_counted_and_priced(kernel, gateway, gpt, claude):
    gpt.script["m"] = Turn("So.", prompt=100, completion=70, reasoning=60)
    reply = parts.reply_of(kernel, gateway, models=["compatible/m"])
    assert reply.usage.reasoning == 60
    assert reply.cost_nusd == 100 * 1000 + 10 * 2000 + 60 * 3000
    claude.script["claude-sonnet-4-5"] = Turn("So.", prompt=500, cached=100, cache_write=300)
    reply = parts.reply_of(kernel, gateway, models=[CLAUDE])
    assert (reply.usage.prompt, reply.usage.cached, reply.usage.cache_write) == (500, 100, 300)
    assert reply.cost_nusd == 100 * 3000 + 100 * 300 + 300 * 3750 + 20 * 15000


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_tools_go_out_and_calls_come_back(kernel, gateway, gpt, claude, model):
    script(gpt, claude, model, Turn(tools=[("weather", PARIS), ("weather", "{}")]))
    reply = parts.reply_of(kernel, gateway, models=[model], tools=[parts.WEATHER])
    assert [call.arguments for call in reply.tool_calls] == [{"city": "Paris"}, {}]
    assert reply.finish_reason == "tool_calls"
    assert len({call.id for call in reply.tool_calls}) == 2
    sent = (claude if model == CLAUDE else gpt).seen[-1]["body"]
    assert "weather" in json.dumps(sent["tools"])
    assert sent["stream"] is True


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_tool_results_answer_the_calls(kernel, gateway, gpt, claude, model):
    script(gpt, claude, model, Turn("Sunny."))
    call = ToolCall(id="toolu_7", name="weather", arguments={"city": "Paris"})
    talk = [
        Message(role="system", content="Be brief."),
        Message(role="user", content="Weather in Paris?"),
        Message(role="assistant", tool_calls=[call]),
        Message(role="tool", tool_call_id="toolu_7", content='{"sky": "clear"}'),
    ]
    reply = parts.reply_of(kernel, gateway, models=[model], tools=[parts.WEATHER], messages=talk)
    assert reply.text == "Sunny."


@pytest.mark.parametrize("model", [GPT, CLAUDE])
@pytest.mark.parametrize(
    "expected",
    [
        (401, "unavailable", "key"),
        (429, "unavailable", "rate_limit"),
        (500, "unavailable", "down"),
        (400, "invalid", "request"),
    ],
)
def test_an_error_instead_of_an_answer_costs_nothing(  # noqa: PLR0917 - all are fixtures
    kernel, gateway, gpt, claude, model, expected
):
    status, code, reason = expected
    script(gpt, claude, model, Turn(status=status, error=f"no: {KEY} is bad"))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[model]))
    assert (task.error["code"], task.error["details"]["reason"]) == (code, reason)
    assert task.error["hint"]
    assert parts.rows(kernel, "ledger_usage", task.id) == []
    assert parts.rows(kernel, "kernel_step", task.id)[0].cost_nusd == 0
    assert KEY not in json.dumps(task.error)


def test_a_failed_model_hands_over_and_each_attempt_is_a_step(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT, CLAUDE, "offline"]))
    steps = parts.rows(kernel, "kernel_step", task.id)
    assert [step.state for step in steps] == ["failed", "done"]
    assert task.output["reply"]["model"] == CLAUDE


def test_one_attempt_is_one_request(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    before = len(gpt.seen)
    parts.end(kernel, parts.ask(kernel, gateway, models=[GPT]))
    assert len(gpt.seen) == before + 1


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_a_cut_stream_is_settled_from_what_arrived(kernel, gateway, gpt, claude, model):
    script(gpt, claude, model, Turn("one two three four five", cut_after=3))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[model]))
    assert task.error["details"]["reason"] == "cut"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    (step,) = parts.rows(kernel, "kernel_step", task.id)
    assert use.estimated
    assert use.cost_nusd == step.cost_nusd > 0
    assert use.completion_tokens >= 3
    assert parts.said(kernel, task.id) == "one two three "


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_a_stream_that_just_ends_is_no_whole_answer(kernel, gateway, gpt, claude, model):
    script(gpt, claude, model, Turn("one two three", ends=False))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[model]))
    assert task.error["details"]["reason"] == "cut"
    assert parts.rows(kernel, "ledger_usage", task.id)[0].estimated


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_a_cancelled_stream_is_settled_once_and_the_server_notices(
    kernel, gateway, gpt, claude, model
):
    provider, name = model.split("/")
    script(gpt, claude, model, Turn("word " * 4_000, gap_s=0.2))
    task_id = parts.ask(kernel, gateway, models=[model])
    parts.wait_for_text(kernel, task_id)
    begun = time.monotonic()
    kernel.cancel(task_id)
    task = parts.end(kernel, task_id)
    assert time.monotonic() - begun < 300  # the answer takes a quarter of an hour
    assert task.state == "cancelled"
    (use,) = parts.rows(kernel, "ledger_usage", task_id)
    assert use.estimated
    assert use.completion_tokens >= 1
    assert use.cost_nusd > 0
    server = claude if provider == "anthropic" else gpt
    assert server.was_left(name)


@pytest.mark.parametrize("silent", [{"counts": False}, {"prompt": 0, "completion": 0}])
def test_a_stream_without_usage_is_counted_by_our_rule_and_marked(kernel, gateway, gpt, silent):
    gpt.script["gpt-4o-mini"] = Turn("Nobody counts me.", **silent)
    reply = parts.reply_of(kernel, gateway, models=[GPT])
    assert reply.estimated
    assert reply.text == "Nobody counts me."
    assert reply.usage.completion == 4
    assert reply.cost_nusd > 0


@pytest.mark.parametrize("raw", ["<html>busy</html>", "{}", "null", "[]"])
def test_an_answer_that_cannot_be_read_may_be_billed(kernel, gateway, gpt, raw):
    gpt.script["gpt-4o-mini"] = Turn(raw=raw)
    asked = {"models": [GPT], "policy": {"streaming": False}}
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    assert task.error["details"]["reason"] == "unreadable"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.estimated
    assert use.cost_nusd == task.error["details"]["cost_nusd"] > 0


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    "counts",
    [
        {"prompt": -1, "completion": -1, "reasoning": -1},
        {"prompt": 10**30, "completion": 10**30},
        {"prompt": 9, "completion": 0},
    ],
)
def test_counts_that_cannot_be_are_none(kernel, gateway, gpt, counts, streaming):
    gpt.script["gpt-4o-mini"] = Turn("Some words.", **counts)
    reply = parts.reply_of(kernel, gateway, models=[GPT], policy={"streaming": streaming})
    assert reply.text == "Some words."
    assert reply.estimated
    assert reply.usage.completion == 3


def test_an_answer_may_say_the_same_again_and_again(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn("---- " * 150)
    assert parts.reply_of(kernel, gateway, models=[GPT]).text == "---- " * 150


def test_a_model_may_think_for_longer_than_it_may_pause(kernel, gpt, claude):
    gpt.script["gpt-4o-mini"] = Turn("Thought.", gap_s=6)
    gateway = Gateway(parts.settings(gpt.url, claude.url, idle_s=5))
    assert parts.reply_of(kernel, gateway, models=[GPT]).text == "Thought."


def test_silence_ends_by_our_clock_and_is_settled(kernel, gpt, claude):
    gpt.script["gpt-4o-mini"] = Turn("one two three", stall_after=1)
    gateway = Gateway(parts.settings(gpt.url, claude.url, idle_s=0.3))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT]))
    assert task.error["details"]["reason"] == "timeout"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.estimated
    gpt.script["gpt-4o-mini"] = Turn(delay_s=600)
    gateway = Gateway(parts.settings(gpt.url, claude.url, timeout_s=1))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT]))
    assert task.error["details"]["reason"] == "timeout"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.prompt_tokens > 0  # it was sent, so it may be billed


def test_nobody_at_the_address_is_said_and_costs_nothing(kernel):
    gateway = Gateway(parts.settings("http://127.0.0.1:9", "http://127.0.0.1:9"))
    for model in (GPT, CLAUDE):
        task = parts.end(kernel, parts.ask(kernel, gateway, models=[model]))
        assert task.error["details"]["reason"] == "unreachable"
        assert parts.rows(kernel, "ledger_usage", task.id) == []


def test_garbled_tool_arguments_are_handed_on_as_written_and_paid_for(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(tools=[("weather", '{"city": ')])
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT], tools=[parts.WEATHER]))
    (wanted,) = task.output["reply"]["tool_calls"]
    assert (wanted["arguments"], wanted["raw"]) == ({}, '{"city": ')
    assert parts.rows(kernel, "ledger_usage", task.id)[0].cost_nusd > 0


@pytest.mark.parametrize(
    "model", ["mistral/mistral-small-latest", "openrouter/vendor/m", "compatible/m", "ollama/m"]
)
def test_the_other_providers_reach_their_address(kernel, gpt, claude, model):
    gateway = Gateway(parts.settings(gpt.url, claude.url, ollama_host=gpt.url))
    gpt.script.clear()
    reply = parts.reply_of(kernel, gateway, models=[model])
    assert reply.text == "Loopback says hello to you."
    assert reply.model == model
    assert (reply.cost_nusd == 0) is model.startswith("ollama")  # one's own machine is free


def test_the_key_comes_from_the_settings_and_nowhere_else(kernel, gateway, gpt, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")
    parts.reply_of(kernel, gateway, models=[GPT])
    assert gpt.seen[-1]["headers"]["authorization"] == f"Bearer {KEY}"


def test_a_wrong_key_is_never_repeated(kernel, gpt, claude, caplog):
    wrong = "sk-wrong-very-secret-9876543210"
    gateway = Gateway(parts.settings(gpt.url, claude.url, openai_api_key=wrong))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT]))
    assert task.error["details"]["reason"] == "key"
    assert "OPENAI_API_KEY" in task.error["hint"]
    stored = [*parts.rows(kernel, "kernel_step", task.id), *parts.events(kernel, task.id)]
    assert wrong not in f"{task.error} {stored} {caplog.text}"
    assert wrong not in repr(gateway.config)


def test_a_route_shows_no_key():
    assert KEY not in repr(Route("openai", "http://127.0.0.1", KEY))


def test_the_budget_refuses_before_anything_is_sent(kernel, gateway, gpt):
    kernel.ledger.limit("person:poor", "nusd", "total", 1_000)
    before = len(gpt.seen)
    parts.GATEWAY["now"] = gateway
    poor = parts.ANA.model_copy(update={"person": "poor"})
    asked = parts.Asked(models=[GPT, "offline"]).model_dump(mode="json")
    task = parts.end(kernel, kernel.submit("ask_model", asked, poor))
    assert task.error["code"] == "budget_exceeded"
    assert len(gpt.seen) == before


@contextmanager
def resetting():
    """The address of a server that hears a request, and resets its connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reset():
            asked, _ = server.accept()
            with asked:
                asked.recv(65_536)
                asked.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=reset, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(60)


@pytest.mark.parametrize("streaming", [True, False])
def test_what_was_heard_before_a_reset_is_paid_for(kernel, claude, streaming):
    with resetting() as url:
        gateway = Gateway(parts.settings(url, claude.url))
        policy = {"streaming": streaming}
        task = parts.end(kernel, parts.ask(kernel, gateway, models=[GPT], policy=policy))
    assert task.error["details"]["reason"] == "cut"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.estimated
    assert use.cost_nusd > 0


def test_an_answer_in_one_piece_has_no_first_word(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn("All at once.")
    reply = parts.reply_of(kernel, gateway, models=[GPT], policy={"streaming": False})
    assert reply.first_token_ms is None
