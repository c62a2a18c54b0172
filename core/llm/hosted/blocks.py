"""Our messages as Anthropic's content blocks, for its own SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.llm.messages import Message, ToolSpec


def turns(messages: Sequence[Message]) -> tuple[str, list[Any]]:
    """The system's words, and the other turns; turns of one role in a row become one."""
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    made: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        parts = _blocks(message)
        if made and made[-1]["role"] == role:
            made[-1]["content"] += parts
        elif parts:
            made.append({"role": role, "content": parts})
    return system, made


def tools(specs: Sequence[ToolSpec]) -> list[Any]:
    """The tools it may ask for."""
    return [
        {
            "name": spec.name,
            "description": spec.description,
            "input_schema": spec.parameters or {"type": "object", "properties": {}},
        }
        for spec in specs
    ]


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        answer = message.content
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": answer}]
    made: list[dict[str, Any]] = []
    for image in message.images:
        source = {"type": "base64", "media_type": image.media_type, "data": image.data}
        made.append({"type": "image", "source": source})
    if message.content:
        made.append({"type": "text", "text": message.content})
    made += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
        for call in message.tool_calls
    ]
    return made
