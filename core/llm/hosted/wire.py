"""Our messages as OpenAI's shapes, which LiteLLM translates for the others, and its pieces back."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.llm.arrival import Arrival
from core.llm.chain import structured
from core.llm.messages import Message, ToolSpec, Usage
from core.llm.provider import Request
from core.settings.catalogue import Entry

COUNT_MAX = 10**9  # tokens of one answer
FINISH: Mapping[str, str] = {
    "stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "eos": "stop",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
    "content_filter": "content_filter", "refusal": "content_filter", "safety": "content_filter",
}  # fmt: skip


def asked(request: Request, entry: Entry, timeout_s: float) -> dict[str, Any]:
    """LiteLLM's parameters of one answer, without address and key."""
    given: dict[str, Any] = {
        "messages": [message(each, entry.tool_ids) for each in request.messages],
        "max_tokens": request.tokens_max,
        **_chance(request, entry),
        "timeout": timeout_s,
        "num_retries": 0,  # every attempt is ours, with its own hold
        "max_retries": 0,
        "drop_params": True,  # some models accept no temperature
    }
    if request.stream:
        given |= {"stream": True, "stream_options": {"include_usage": True}}  # else none is counted
    if request.tools:
        given["tools"] = [tool(each) for each in request.tools]
    if request.response is not None and entry.schema_ == "native":
        given["response_format"] = response_format(request.response)
    return given


def message(said: Message, tool_ids: int = 0) -> dict[str, Any]:
    """One turn; images are data URLs, ids of tool calls have the length that is wanted."""
    made: dict[str, Any] = {"role": said.role, "content": _content(said)}
    if said.role == "tool":
        made["tool_call_id"] = _id(said.tool_call_id, tool_ids)
    if said.tool_calls:
        made["content"] = made["content"] or None
        made["tool_calls"] = [
            {
                "id": _id(call.id, tool_ids),
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in said.tool_calls
        ]
    return made


def tool(spec: ToolSpec) -> dict[str, Any]:
    """A tool as models are offered it."""
    parameters = spec.parameters or {"type": "object", "properties": {}}
    function = {"name": spec.name, "description": spec.description, "parameters": parameters}
    return {"type": "function", "function": function}


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema an answer is bound to; strict where the schema meets what strict asks for."""
    if structured.is_open(schema):
        return {"type": "json_object"}
    name = "".join(c if c.isalnum() else "_" for c in str(schema.get("title", "answer")))[:64]
    bound = {"name": name or "answer", "schema": dict(schema), "strict": _is_strict(schema)}
    return {"type": "json_schema", "json_schema": bound}


def take(chunk: Any, arrival: Arrival) -> None:
    """One piece of LiteLLM's stream is added to what has arrived."""
    for choice in chunk.choices:
        delta = choice.delta
        arrival.thought(getattr(delta, "reasoning_content", None) or "")
        arrival.text(delta.content or "")
        for call in delta.tool_calls or ():
            made = call.function
            arrival.call(
                call.index, id=call.id or "", name=made.name or "", arguments=made.arguments or ""
            )
        if choice.finish_reason:
            arrival.finish_reason = FINISH.get(choice.finish_reason, "stop")


def take_whole(made: Any, arrival: Arrival) -> None:
    """An answer that came in one piece is what has arrived, with its end and its usage."""
    for choice in made.choices:
        said = choice.message
        arrival.thought(getattr(said, "reasoning_content", None) or "")
        arrival.text(said.content or "")
        for index, wanted in enumerate(said.tool_calls or ()):
            made_of = wanted.function
            arrival.call(
                index, id=wanted.id or "", name=made_of.name or "", arguments=made_of.arguments
            )
        settle(arrival, choice.finish_reason or "")
    usage = counted([made])
    arrival.usage = usage if usage and usage.prompt else None


def settle(arrival: Arrival, end: str) -> None:
    """A whole answer's end has our name for it; one that asks for tools says so."""
    arrival.finish_reason = FINISH.get(end, arrival.finish_reason or "stop")
    if arrival.finish_reason == "stop" and arrival.calls():
        arrival.finish_reason = "tool_calls"


def counted(chunks: Iterable[Any]) -> Usage | None:
    """What the provider itself counted; LiteLLM's own guess, made when it is silent, is not it."""
    made = [_counts(usage) for chunk in chunks if (usage := getattr(chunk, "usage", None))]
    if not made:
        return None
    most = {kind: max(usage[kind] for usage in made) for kind in made[0]}
    most["cache_write"] = max(0, most["cache_write"] - most["cache_write_1h"])
    return Usage(**most)


def _counts(usage: Any) -> dict[str, int]:
    """Tokens by kind; here `cache_write` still holds those of an hour."""
    read, wrote = usage.prompt_tokens_details, usage.completion_tokens_details
    kept = getattr(read, "cache_creation_token_details", None)
    told = {
        "prompt": usage.prompt_tokens,
        "completion": usage.completion_tokens,
        "cached": getattr(read, "cached_tokens", 0),
        "cache_write": getattr(read, "cache_creation_tokens", 0),
        "cache_write_1h": getattr(kept, "ephemeral_1h_input_tokens", 0),
        "audio_prompt": getattr(read, "audio_tokens", 0),
        "reasoning": getattr(wrote, "reasoning_tokens", 0),
        "audio_completion": getattr(wrote, "audio_tokens", 0),
    }
    made = {kind: _sane(count or 0) for kind, count in told.items()}
    all_three = made["prompt"] + made["completion"] + made["reasoning"]
    if made["reasoning"] > made["completion"] or usage.total_tokens == all_three:
        made["completion"] += made["reasoning"]  # some count it beside the rest, not within
    return made


def _sane(count: int) -> int:
    """A count that can be one; else none: some say -1 for what they do not know."""
    return count if 0 <= count <= COUNT_MAX else 0


def _chance(request: Request, entry: Entry) -> dict[str, float]:
    """Temperature and top_p as this provider takes them; it would refuse what it does not."""
    warmth = {"temperature": min(request.temperature, entry.temperature_max)}
    if request.top_p is None or (entry.top_p == "warm" and not request.temperature):
        return warmth
    return {"top_p": request.top_p, **({} if entry.top_p == "alone" else warmth)}


def _content(said: Message) -> str | list[dict[str, Any]]:
    if not said.images:
        return said.content
    parts: list[dict[str, Any]] = [{"type": "text", "text": said.content}] if said.content else []
    for image in said.images:
        url = f"data:{image.media_type};base64,{image.data}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts


def _id(given: str, length: int) -> str:
    """The same id as letters and digits of the wanted length; any length where 0 is wanted."""
    if not length or (len(given) == length and given.isalnum()):
        return given
    digest = hashlib.sha256(given.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def _is_strict(schema: Any) -> bool:
    """Every object in it is closed and requires all of its properties."""
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        closed = schema.get("additionalProperties") is False
        whole = set(schema.get("required", ())) == set(properties)
        return closed and whole and all(map(_is_strict, properties.values()))
    if schema.get("type") == "object":
        return False
    return all(_is_strict(value) for key, value in schema.items() if key != "default")
