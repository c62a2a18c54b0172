"""Models of OpenAI's other wire: one that streams there, and one that LiteLLM only pretends to."""

from __future__ import annotations

import pytest

from core.llm import Gateway, Message, ToolCall
from core.llm.chain import structured
from core.llm.messages import Image
from tests.core.llm import parts
from tests.loopback import responses_server
from tests.loopback.server import Turn

CODEX, PRO = "openai/gpt-5-codex", "openai/gpt-5-pro"
PARIS = '{"city": "Paris"}'
OSLO = '{"name": "Oslo", "people": 700000, "rivers": []}'


@pytest.fixture(scope="module")
def server():
    """A loopback OpenAI that knows no chat completions."""
    with responses_server.open_server() as server:
        yield server


@pytest.fixture
def gateway(server):
    server.script.clear()
    return Gateway(parts.settings(server.url, server.url))


@pytest.fixture(params=[CODEX, PRO])
def model(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["streamed", "plain"])
def asked(request, model):
    """Of a model, with and without streaming."""
    return {"models": [model], "policy": {"streaming": request.param}}


def say(server, model, turn):
    """The server answers with `turn`."""
    server.script[model.partition("/")[2]] = turn


def test_an_answer_costs_what_the_provider_counted(kernel, gateway, server, asked):
    (model,) = asked["models"]
    turn = Turn("A word from afar.", prompt=1000, cached=600, completion=50, reasoning=40)
    say(server, model, turn)
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    reply, (use,) = task.output["reply"], parts.rows(kernel, "ledger_usage", task.id)
    assert reply["text"] == parts.said(kernel, task.id) == "A word from afar."
    assert reply["finish_reason"] == "stop"
    counted = (use.prompt_tokens, use.cached_tokens, use.completion_tokens, use.reasoning_tokens)
    assert counted == (1000, 600, 50, 40)
    nusd = {CODEX: 400 * 1250 + 600 * 125 + 50 * 10_000, PRO: 1000 * 15_000 + 50 * 120_000}
    assert use.cost_nusd == nusd[model]
    assert not use.estimated


def test_only_what_the_provider_can_stream_is_asked_for_as_a_stream(kernel, gateway, server):
    made = [parts.reply_of(kernel, gateway, models=[model]) for model in (CODEX, PRO)]
    assert [bool(one["body"].get("stream")) for one in server.seen[-2:]] == [True, False]
    assert [one.first_token_ms is None for one in made] == [False, True]


def test_tools_go_out_and_calls_come_back_once(kernel, gateway, server, asked):
    say(server, asked["models"][0], Turn(tools=[("weather", PARIS), ("weather", "{}")]))
    reply = parts.reply_of(kernel, gateway, tools=[parts.WEATHER], **asked)
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [
        ("weather", {"city": "Paris"}), ("weather", {}),
    ]  # fmt: skip
    assert len({call.id for call in reply.tool_calls}) == 2
    assert reply.finish_reason == "tool_calls"


def test_a_talk_with_results_and_pictures_arrives(kernel, gateway, server, model):
    say(server, model, Turn("Sunny."))
    call = ToolCall(id="toolu_7", name="weather", arguments={"city": "Paris"})
    picture = Image(media_type="image/png", data="QQ==")
    talk = [
        Message(role="system", content="Be brief."),
        Message(role="user", content="Hello."),
        Message(role="assistant", content="Hello!"),
        Message(role="user", content="Weather here?", images=[picture]),
        Message(role="assistant", tool_calls=[call]),
        Message(role="tool", tool_call_id="toolu_7", content='{"sky": "clear"}'),
    ]
    asked = {"models": [model], "tools": [parts.WEATHER], "messages": talk}
    assert parts.reply_of(kernel, gateway, **asked).text == "Sunny."


def test_an_answer_that_was_cut_short_says_so(kernel, gateway, server, asked):
    say(server, asked["models"][0], Turn("one two", finish="length"))
    assert parts.reply_of(kernel, gateway, **asked).finish_reason == "length"
    say(server, asked["models"][0], Turn("", finish="content_filter"))
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    assert task.error["details"]["reason"] == "policy"


def test_an_answer_of_a_shape_is_bound_to_it(kernel, gateway, server, asked):
    say(server, asked["models"][0], Turn(OSLO))
    assert parts.reply_of(kernel, gateway, shape="city", **asked).value["name"] == "Oslo"
    bound = server.seen[-1]["body"]["text"]["format"]
    assert (bound["type"], bound["strict"]) == ("json_schema", True)


def test_any_object_may_be_asked_for(kernel, gateway, server, asked, monkeypatch):
    monkeypatch.setitem(parts.SHAPES, "any", structured.AnyObject)
    say(server, asked["models"][0], Turn('{"score": 7}'))
    assert parts.reply_of(kernel, gateway, shape="any", **asked).value == {"score": 7}


@pytest.mark.parametrize("broken", [{"cut_after": 2}, {"fail_after": 2}, {"ends": False}])
def test_a_stream_that_breaks_off_is_settled_from_what_arrived(kernel, gateway, server, broken):
    say(server, CODEX, Turn("one two three", **broken))
    task = parts.end(kernel, parts.ask(kernel, gateway, models=[CODEX]))
    assert task.error["details"]["reason"] == "cut"
    (use,) = parts.rows(kernel, "ledger_usage", task.id)
    assert use.estimated
    assert use.cost_nusd > 0
    assert parts.said(kernel, task.id).startswith("one two ")


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (429, "rate_limit"), (500, "down")])
def test_an_error_instead_of_an_answer_costs_nothing(  # noqa: PLR0917 - all are fixtures
    kernel, gateway, server, asked, status, reason
):
    say(server, asked["models"][0], Turn(status=status))
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    assert task.error["details"]["reason"] == reason
    assert parts.rows(kernel, "ledger_usage", task.id) == []
