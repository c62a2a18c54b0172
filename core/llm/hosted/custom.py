"""The offline model behind LiteLLM's interface of custom providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.llm.messages import Message, ToolCall, ToolSpec
from core.llm.offline.model import Answer, answer, pieces


def handler(litellm: Any) -> Any:
    """An object LiteLLM can call for "offline/..." models."""

    class Offline(litellm.CustomLLM):
        def completion(self, *_: Any, **given: Any) -> Any:
            made = _answer(given)
            reply = given["model_response"]
            calls = [_call(index, call) for index, call in enumerate(made.tool_calls)]
            said = {"content": made.text or None, "tool_calls": calls or None}
            reply.choices[0].message = litellm.Message(role="assistant", **said)
            reply.choices[0].finish_reason = made.finish_reason
            reply.model, reply.usage = "offline/rules", litellm.Usage(**_usage(made))
            return reply

        async def acompletion(self, *_: Any, **given: Any) -> Any:
            return self.completion(**given)

        def streaming(self, *_: Any, **given: Any) -> Any:
            yield from _chunks(_answer(given))

        async def astreaming(self, *_: Any, **given: Any) -> Any:
            for chunk in _chunks(_answer(given)):
                yield chunk

    return Offline()


def _answer(given: dict[str, Any]) -> Answer:
    tools = [_spec(tool) for tool in given["optional_params"].get("tools") or ()]
    return answer([_turn(turn) for turn in given["messages"]], tools)


def _chunks(made: Answer) -> Iterator[dict[str, Any]]:
    for word in pieces(made.text):
        yield _chunk(text=word)
    for index, call in enumerate(made.tool_calls):
        yield _chunk(tool_use=_call(index, call), index=index)
    yield _chunk(is_finished=True, finish_reason=made.finish_reason, usage=_usage(made))


def _chunk(**given: Any) -> dict[str, Any]:
    """LiteLLM's GenericStreamingChunk; its richer class would lose the usage."""
    empty = {"text": "", "tool_use": None, "is_finished": False, "finish_reason": "", "usage": None}
    return {**empty, "index": 0, **given}


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": call.id, "type": "function", "index": index, "function": function}


def _usage(made: Answer) -> dict[str, int]:
    """OpenAI's names."""
    usage = made.usage
    counts = {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion}
    return {**counts, "total_tokens": usage.total}


def _turn(turn: Any) -> Message:
    """A message in OpenAI's shape as ours."""
    calls = [
        ToolCall(
            id=call["id"],
            name=call["function"]["name"],
            arguments=json.loads(call["function"]["arguments"] or "{}"),
        )
        for call in turn.get("tool_calls") or ()
    ]
    content = turn.get("content") or ""
    if isinstance(content, list):
        content = " ".join(part.get("text", "") for part in content)
    answers = turn.get("tool_call_id") or ""
    return Message(role=turn["role"], content=content, tool_calls=calls, tool_call_id=answers)


def _spec(tool: dict[str, Any]) -> ToolSpec:
    function = tool["function"]
    return ToolSpec(
        name=function["name"],
        description=function.get("description") or "",
        parameters=function.get("parameters") or {},
    )
