"""Whoever calls LiteLLM by hand finds the offline model there too."""

from __future__ import annotations

import asyncio

import pytest

from core.llm.hosted.bridge import load
from core.llm.messages import Message, ToolCall
from core.llm.offline.model import answer
from tests.core.llm.offline.examples import PROFILE_JSON, QUESTION, TOOLS

ASKED = [{"role": "user", "content": "Who are you?"}]
TABLES = [{"role": "system", "content": "Tables: sales"}, {"role": "user", "content": QUESTION}]


@pytest.fixture(scope="module")
def litellm():
    return load()


def specs():
    return [{"type": "function", "function": tool.model_dump()} for tool in TOOLS]


def test_it_answers_as_when_called_directly(litellm):
    direct = answer([Message(role="user", content="Who are you?")])
    reply = litellm.completion(model="offline/rules", messages=ASKED)
    assert reply.choices[0].message.content == direct.text
    counted = (reply.usage.prompt_tokens, reply.usage.completion_tokens)
    assert counted == (direct.usage.prompt, direct.usage.completion)
    assert litellm.completion_cost(reply) == 0


def test_it_streams_words_and_then_its_usage(litellm):
    async def stream():
        options = {"include_usage": True}
        made = await litellm.acompletion(
            model="offline/rules", messages=ASKED, stream=True, stream_options=options
        )
        return [chunk async for chunk in made]

    chunks = asyncio.run(stream())
    words = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    direct = answer([Message(role="user", content="Who are you?")])
    assert "".join(words) == direct.text
    assert len(words) > 10
    assert chunks[-1].usage.completion_tokens == direct.usage.completion


@pytest.mark.parametrize("streams", [False, True])
def test_it_calls_several_tools_through_litellm(litellm, streams):
    talk = [
        *TABLES,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "profile", "arguments": '{"table": "sales"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": PROFILE_JSON},
    ]
    ours = [
        Message(role="system", content="Tables: sales"),
        Message(role="user", content="What is interesting here?"),
        Message(
            role="assistant",
            tool_calls=[ToolCall(id="call_1", name="profile", arguments={"table": "sales"})],
        ),
        Message(role="tool", tool_call_id="call_1", content=PROFILE_JSON),
    ]
    talk[1] = {"role": "user", "content": "What is interesting here?"}
    given = {"model": "offline/rules", "messages": talk, "tools": specs()}
    if streams:
        chunks = list(litellm.completion(**given, stream=True))
        reply = litellm.stream_chunk_builder(chunks, messages=talk)
    else:
        reply = litellm.completion(**given)
    names = [call.function.name for call in reply.choices[0].message.tool_calls]
    assert names == [call.name for call in answer(ours, TOOLS).tool_calls]
    assert len(names) > 3
    assert reply.choices[0].finish_reason == "tool_calls"
