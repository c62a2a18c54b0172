"""Every provider of the file on the wire it speaks: text, tools, images, schemas, ends, errors."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from core.errors import StudioError
from core.kernel.calls import loop
from core.llm import Message, ModelSettings, ToolCall
from core.llm.arrival import Arrival
from core.llm.messages import Image
from core.llm.provider import Request, discover
from core.settings.catalogue import catalogue
from tests.core.llm import parts
from tests.loopback import anthropic_server, mistral_server, ollama_server, openai_server
from tests.loopback.server import KEY, Turn

ENTRIES = catalogue()["models"]
SERVERS = {"anthropic": anthropic_server, "mistral": mistral_server, "ollama": ollama_server}
PARIS = '{"city": "Paris"}'
HELLO = [Message(role="user", content="Hello?")]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # fmt: skip  # noqa: E501 - one dot
SHAPE = {
    "title": "City",
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def servers():
    """A loopback server for each provider, in its own dialect where it has one."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(SERVERS.get(name, openai_server).open_server())
            for name in ENTRIES
        }


@pytest.fixture(params=list(ENTRIES))
def name(request):
    return request.param


def settings(servers, **more) -> ModelSettings:
    """Each provider at its own server, each with a key of its own where it has one."""
    given = {}
    for name, entry in ENTRIES.items():
        given[entry.url] = servers[name].url
        if not entry.path and not entry.base_url.endswith(".com"):
            given[entry.url] += "/v1"
        if entry.key:
            given[entry.key] = f"{KEY}-{name}"
            servers[name].keys = (f"{KEY}-{name}",)
    return ModelSettings(credentials=given, **more)


def answered(servers, name, turn, messages=HELLO, **asked) -> Arrival:
    """What arrives of `turn`; fails as the provider does."""
    model = "llama3.1" if name == "ollama" else "m"
    servers[name].script[model] = turn
    call = SimpleNamespace(
        wait=lambda coro: asyncio.run_coroutine_threadsafe(coro, loop()).result(20)
    )
    given = {"tools": (), "tokens_max": 50, "temperature": 0.2, **asked}
    arrival = Arrival(10, lambda _: None)
    discover()[name].answer(settings(servers), Request(model, messages, **given), arrival, call)
    return arrival


@pytest.fixture(autouse=True)
def _anthropic_key(monkeypatch):
    monkeypatch.setattr(anthropic_server, "KEY", f"{KEY}-anthropic")


def test_text_streams_and_is_counted(servers, name):
    arrival = answered(servers, name, Turn("A word from afar.", prompt=300, completion=9))
    assert arrival.whole_text() == "A word from afar."
    assert arrival.finish_reason == "stop"
    assert (arrival.usage.prompt, arrival.usage.completion) == (300, 9)


def test_a_call_carries_its_own_key_and_no_other_in_any_place(servers, name):
    answered(servers, name, Turn())
    sent = json.dumps(servers[name].seen[-1])
    if ENTRIES[name].key:
        assert f"{KEY}-{name}" in sent
    assert not [other for other in ENTRIES if other != name and f"{KEY}-{other}" in sent]


def test_tools_go_out_and_calls_come_back(servers, name):
    turn = Turn(tools=[("weather", PARIS), ("weather", "{}")])
    arrival = answered(servers, name, turn, tools=[parts.WEATHER])
    assert [call.arguments for call in arrival.calls()] == [{"city": "Paris"}, {}]
    assert arrival.finish_reason == "tool_calls"


def test_results_answer_calls_whatever_their_ids_look_like(servers, name):
    ids = ["call_0123456789abcdef", "toolu_7", "a1B2c3D4e"]
    calls = [ToolCall(id=each, name="weather", arguments={"city": each}) for each in ids]
    talk = [
        Message(role="system", content="Be brief."),
        *HELLO,
        Message(role="assistant", tool_calls=calls),
        *(Message(role="tool", tool_call_id=each, content="Sunny.") for each in ids),
    ]
    arrival = answered(servers, name, Turn("Sunny."), talk, tools=[parts.WEATHER])
    assert arrival.whole_text() == "Sunny."


def test_images_arrive_whole(servers, name):
    seen = [Message(role="user", content="What?", images=[Image(media_type="image/png", data=PNG)])]
    answered(servers, name, Turn("A dot."), seen)
    assert PNG in json.dumps(servers[name].seen[-1]["body"])


def test_a_schema_is_sent_where_the_wire_knows_one(servers, name):
    answered(servers, name, Turn(PARIS), response=SHAPE)
    sent = servers[name].seen[-1]["body"]
    if ENTRIES[name].schema_ == "native":
        bound = sent["response_format"]["json_schema"]
        assert bound["schema"]["properties"] == SHAPE["properties"]
        assert bound["strict"] is True
    else:
        assert "response_format" not in sent


def test_top_p_is_sent_only_when_it_is_set(servers, name):
    answered(servers, name, Turn())
    assert "top_p" not in servers[name].seen[-1]["body"]
    answered(servers, name, Turn(), top_p=0.5, temperature=1.0)
    assert servers[name].seen[-1]["body"]["top_p"] == 0.5


@pytest.mark.parametrize("top_p", [None, 0.9])
@pytest.mark.parametrize("temperature", [0, 0.3, 2])
def test_nobody_refuses_what_a_policy_may_say(servers, name, temperature, top_p):
    answered(servers, name, Turn(), temperature=temperature, top_p=top_p)
    sent = servers[name].seen[-1]["body"]
    assert sent.get("temperature", 0) <= temperature
    if name == "openai":
        assert (sent["temperature"], sent.get("top_p")) == (temperature, top_p)


ENDS = {
    "length": {"anthropic": "max_tokens", "mistral": "model_length"},
    "content_filter": {"anthropic": "refusal"},
}


@pytest.mark.parametrize("end", ENDS)
def test_every_end_has_one_name(servers, name, end):
    arrival = answered(servers, name, Turn("one two", finish=ENDS[end].get(name, end)))
    assert arrival.finish_reason == end


def test_garbled_arguments_are_kept_as_they_were_written(servers, name):
    if name == "anthropic":
        pytest.skip("its blocks are objects or nothing")
    arrival = answered(servers, name, Turn(tools=[("weather", '{"city": ')]), tools=[parts.WEATHER])
    (call,) = arrival.calls()
    assert (call.arguments, call.raw) == ({}, '{"city": ')


TOO_LONG = {
    "anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "mistral": "Prompt contains 40960 tokens and 0 draft tokens, too large for model with 32768 "
    "maximum context length",
}
OPENAI_TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages "
REFUSED = {
    "anthropic": "Output blocked by content filtering policy",
    "mistral": "The request was blocked by our content moderation policy",
}
OPENAI_REFUSED = "Invalid prompt: your prompt was flagged as potentially violating our usage policy"


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, (TOO_LONG, OPENAI_TOO_LONG), "context"),
        (400, (REFUSED, OPENAI_REFUSED), "policy"),
        (400, ({}, "Unknown voice."), "request"),
        (401, ({}, "Bad key."), "key"),
        (404, ({}, "No such model."), "unknown"),
        (429, ({}, "Rate limit reached."), "rate_limit"),
        (500, ({}, "boom"), "down"),
        (503, ({}, "The server is overloaded."), "down"),
    ],
)
def test_an_error_on_the_wire_is_one_of_ours(servers, name, status, said, reason):
    own, common = said
    with pytest.raises(StudioError) as refused:
        answered(servers, name, Turn(status=status, error=own.get(name, common)))
    assert refused.value.details["reason"] == reason
    assert refused.value.details["model"].startswith(f"{name}/")
    assert refused.value.hint


def test_how_long_to_wait_is_passed_on(servers, name):
    turn = Turn(status=429, error="Rate limit reached.", headers={"retry-after": "3"})
    if name == "ollama":
        pytest.skip("it has no rates")
    with pytest.raises(StudioError) as refused:
        answered(servers, name, turn)
    assert refused.value.details["retry_after_s"] == 3


@pytest.mark.parametrize(("after", "reason"), [(2, "cut"), (0, "down")])
def test_an_error_within_the_stream_is_no_whole_answer(servers, name, after, reason):
    turn = Turn("one two three four", fail_after=after, error="Overloaded")
    with pytest.raises(StudioError) as refused:
        answered(servers, name, turn)
    assert refused.value.details["reason"] in (reason, "cut")
