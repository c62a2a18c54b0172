"""The loopback providers speak the real formats: the real SDKs understand them."""

from __future__ import annotations

import anthropic
import openai
import pytest

from tests.loopback import (
    anthropic_server,
    mistral_server,
    ollama_server,
    openai_server,
    responses_server,
)
from tests.loopback.server import KEY, Turn

ASKED = [{"role": "user", "content": "Hello?"}]
SPEC = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OPENAI_TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SPEC}}]
ANTHROPIC_TOOLS = [{"name": "weather", "input_schema": SPEC}]
PARIS = '{"city": "Paris"}'


@pytest.fixture(scope="module")
def openai_loopback():
    with openai_server.open_server() as server:
        yield server


@pytest.fixture(scope="module")
def anthropic_loopback():
    with anthropic_server.open_server() as server:
        yield server


@pytest.fixture
def gpt(openai_loopback):
    return openai.OpenAI(api_key=KEY, base_url=f"{openai_loopback.url}/v1", max_retries=0)


@pytest.fixture
def claude(anthropic_loopback):
    return anthropic.Anthropic(api_key=KEY, base_url=anthropic_loopback.url, max_retries=0)


def test_the_openai_sdk_reads_a_plain_answer_with_its_usage(gpt, openai_loopback):
    openai_loopback.script["m"] = Turn("Good day.", prompt=50, cached=30, completion=9, reasoning=4)
    made = gpt.chat.completions.create(model="m", messages=ASKED)
    assert made.choices[0].message.content == "Good day."
    assert made.usage.prompt_tokens_details.cached_tokens == 30
    assert made.usage.completion_tokens_details.reasoning_tokens == 4


def test_the_openai_sdk_reads_a_stream_with_usage_last(gpt, openai_loopback):
    openai_loopback.script["m"] = Turn("A good day to you.", completion=7)
    options = {"include_usage": True}
    chunks = list(
        gpt.chat.completions.create(model="m", messages=ASKED, stream=True, stream_options=options)
    )
    words = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(words) == "A good day to you."
    assert chunks[-1].usage.completion_tokens == 7


def test_the_openai_sdk_assembles_streamed_tool_calls(gpt, openai_loopback):
    openai_loopback.script["m"] = Turn(tools=[("weather", PARIS), ("weather", "{}")])
    with gpt.chat.completions.stream(model="m", messages=ASKED, tools=OPENAI_TOOLS) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [call.function.arguments for call in calls] == [PARIS, "{}"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_the_openai_sdk_raises_each_error(gpt, openai_loopback, status, kind):
    openai_loopback.script["m"] = Turn(status=status)
    with pytest.raises(kind):
        gpt.chat.completions.create(model="m", messages=ASKED)


def test_a_wrong_openai_key_is_refused(openai_loopback):
    client = openai.OpenAI(api_key="wrong", base_url=f"{openai_loopback.url}/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="m", messages=ASKED)


def test_the_openai_sdk_notices_a_cut(gpt, openai_loopback):
    openai_loopback.script["m"] = Turn("one two three four", cut_after=2)
    words: list[str] = []

    def read():
        for chunk in gpt.chat.completions.create(model="m", messages=ASKED, stream=True):
            words.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - it breaks off

    with pytest.raises(Exception, match=r"(?i)peer|incomplete|closed"):
        read()
    assert "".join(words) == "one two "


def test_the_anthropic_sdk_reads_a_plain_answer_with_cache_tokens(claude, anthropic_loopback):
    anthropic_loopback.script["m"] = Turn("Good day.", prompt=90, cached=50, cache_write=10)
    made = claude.messages.create(model="m", max_tokens=99, messages=ASKED)
    assert made.content[0].text == "Good day."
    usage = made.usage
    counted = (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
    assert counted == (30, 50, 10)


def test_the_anthropic_sdk_assembles_a_stream_of_text_thought_and_tools(claude, anthropic_loopback):
    anthropic_loopback.script["m"] = Turn("A good day.", thoughts="Hm.", completion=12)
    with claude.messages.stream(model="m", max_tokens=99, messages=ASKED) as stream:
        made = stream.get_final_message()
    assert [block.type for block in made.content] == ["thinking", "text"]
    assert made.content[1].text == "A good day."
    assert made.usage.output_tokens == 12
    anthropic_loopback.script["m"] = Turn(tools=[("weather", PARIS)])
    with claude.messages.stream(
        model="m", max_tokens=99, messages=ASKED, tools=ANTHROPIC_TOOLS
    ) as stream:
        made = stream.get_final_message()
    assert (made.stop_reason, made.content[0].input) == ("tool_use", {"city": "Paris"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, anthropic.BadRequestError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
def test_the_anthropic_sdk_raises_each_error(claude, anthropic_loopback, status, kind):
    anthropic_loopback.script["m"] = Turn(status=status)
    with pytest.raises(kind):
        claude.messages.create(model="m", max_tokens=9, messages=ASKED)


def test_a_tool_result_that_answers_nothing_is_refused_on_both_wires(gpt, claude):
    stray = [*ASKED, {"role": "tool", "tool_call_id": "nobody", "content": "x"}]
    with pytest.raises(openai.BadRequestError):
        gpt.chat.completions.create(model="m", messages=stray)
    result = [{"type": "tool_result", "tool_use_id": "nobody", "content": "x"}]
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": result}]
        )


def test_the_anthropic_sdk_counts_tokens(claude, anthropic_loopback):
    anthropic_loopback.script["m"] = Turn(prompt=77)
    assert claude.messages.count_tokens(model="m", messages=ASKED).input_tokens == 77


def test_the_anthropic_sdk_reads_how_long_a_cache_is_kept(claude, anthropic_loopback):
    anthropic_loopback.script["m"] = Turn(prompt=90, cache_write=50, cache_write_1h=20)
    usage = claude.messages.create(model="m", max_tokens=9, messages=ASKED).usage
    kept = usage.cache_creation
    assert (kept.ephemeral_5m_input_tokens, kept.ephemeral_1h_input_tokens) == (30, 20)


def test_the_sdks_notice_an_error_within_a_stream(gpt, claude, openai_loopback, anthropic_loopback):
    failing = Turn("one two three", fail_after=1, error="Overloaded")
    openai_loopback.script["m"] = anthropic_loopback.script["m"] = failing
    with pytest.raises(openai.APIError, match="Overloaded"):
        list(gpt.chat.completions.create(model="m", messages=ASKED, stream=True))
    stream = claude.messages.create(model="m", max_tokens=9, messages=ASKED, stream=True)
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        list(stream)


@pytest.mark.parametrize("kind", [mistral_server, ollama_server])
def test_the_openai_sdk_reads_the_servers_that_speak_alike(kind):
    with kind.open_server() as server:
        client = openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0)
        server.script["m"] = Turn("A good day.", completion=7)
        whole = client.chat.completions.create(model="m", messages=ASKED)
        assert (whole.choices[0].message.content, whole.usage.completion_tokens) == (
            "A good day.",
            7,
        )
        server.script["m"] = Turn(tools=[("weather", PARIS)])
        chunks = list(client.chat.completions.create(model="m", messages=ASKED, stream=True))
        calls = [c for chunk in chunks for c in chunk.choices[0].delta.tool_calls or ()]
        assert [call.function.arguments for call in calls] == [PARIS]


def test_mistral_refuses_what_the_real_one_refuses():
    with mistral_server.open_server() as server:
        client = openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0)
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        answer = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
        talk = [*ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}, answer]
        with pytest.raises(openai.BadRequestError, match="length of 9"):
            client.chat.completions.create(model="m", messages=talk)
        with pytest.raises(openai.UnprocessableEntityError):
            client.chat.completions.create(model="m", messages=ASKED, user="me")
        wrong = openai.OpenAI(api_key="wrong", base_url=f"{server.url}/v1", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            wrong.chat.completions.create(model="m", messages=ASKED)


@pytest.fixture(scope="module")
def responses():
    with responses_server.open_server() as server:
        yield server


def test_the_openai_sdk_reads_a_response_whole_and_streamed(responses):
    client = openai.OpenAI(api_key=KEY, base_url=f"{responses.url}/v1", max_retries=0)
    responses.script["m"] = Turn("A good day.", thoughts="Hm.", prompt=50, cached=30, reasoning=4)
    made = client.responses.create(model="m", input="Hello?")
    assert (made.output_text, made.status) == ("A good day.", "completed")
    assert made.usage.input_tokens_details.cached_tokens == 30
    assert made.usage.output_tokens_details.reasoning_tokens == 4
    with client.responses.stream(model="m", input="Hello?") as stream:
        events = list(stream)
    assert events[-1].response.output_text == "A good day."
    assert [event.sequence_number for event in events] == list(range(len(events)))
    responses.script["m"] = Turn(tools=[("weather", PARIS), ("weather", "{}")], finish="length")
    with client.responses.stream(model="m", input="Hello?") as stream:
        made = list(stream)[-1].response
    assert [item.arguments for item in made.output] == [PARIS, "{}"]
    assert made.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0.5},
        {"max_output_tokens": 9},
        {"tools": OPENAI_TOOLS},
        {"text": {"format": {"type": "json_object"}}},
        {"input": [{"type": "function_call_output", "call_id": "nobody", "output": "x"}]},
        {"extra_body": {"messages": ASKED}},
    ],
)
def test_the_wire_of_responses_refuses_what_the_real_one_refuses(responses, wrong):
    client = openai.OpenAI(api_key=KEY, base_url=f"{responses.url}/v1", max_retries=0)
    with pytest.raises(openai.BadRequestError):
        client.responses.create(**{"model": "m", "input": "Hello?", **wrong})
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="m", messages=ASKED)


@pytest.mark.parametrize("wrong", [{"temperature": 1.5}, {"temperature": 0.5, "top_p": 0.9}])
def test_anthropic_refuses_chances_it_does_not_know(claude, wrong):
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(model="m", max_tokens=9, messages=ASKED, extra_body=wrong)


def test_ollama_says_what_it_has_and_what_it_has_not():
    with ollama_server.open_server() as server:
        client = openai.OpenAI(api_key="any", base_url=f"{server.url}/v1", max_retries=0)
        with pytest.raises(openai.NotFoundError, match="try pulling it first"):
            client.chat.completions.create(model="absent", messages=ASKED)
