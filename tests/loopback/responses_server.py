"""OpenAI's other wire, of models that only answer there: responses, plain and streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.openai_server import _error
from tests.loopback.server import Failed, Loopback, Turn, content, serve

KNOWN = {
    "model", "input", "instructions", "max_output_tokens", "stream", "stream_options", "tools",
    "tool_choice", "text", "reasoning", "store", "metadata", "parallel_tool_calls", "include",
    "previous_response_id", "truncation", "user",
}  # fmt: skip
CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}
TOKENS_MIN = 16
PART: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def open_server() -> AbstractContextManager[Loopback]:
    """A loopback OpenAI that knows no chat completions; its base URL is `url + "/v1"`."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    async def responses(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in loopback.keys:
            return _error(401, f"Incorrect API key provided: {key}.", "invalid_api_key")
        if wrong := _wrong(body):
            return _error(400, wrong, "invalid_value")
        turn = loopback.turn(body)
        await turn.begin()
        if turn.status != 200:
            return _error(turn.status, turn.error, turn.code, **turn.headers)
        if body.get("stream"):
            return loopback.stream(body["model"], lambda: _failing(_events(body, turn), turn))
        return JSONResponse(_response(body, turn))

    return Starlette(routes=[Route("/v1/responses", responses, methods=["POST"])])


def _wrong(body: dict[str, Any]) -> str:
    """What the real service would refuse, or nothing. All models that it has here think."""
    unfit = {"temperature", "top_p"} & body.keys()
    if unfit:
        return f"Unsupported parameter: '{min(unfit)}' is not supported with this model."
    unknown = sorted(body.keys() - KNOWN)
    unknown += [f"stream_options.{name}" for name in body.get("stream_options") or ()]
    if unknown:
        return f"Unknown parameter: '{unknown[0]}'."
    if not body.get("input"):
        return "Missing required parameter: 'input'."
    if body.get("max_output_tokens", TOKENS_MIN) < TOKENS_MIN:
        return f"Invalid 'max_output_tokens': Expected a value >= {TOKENS_MIN}."
    if any(tool["type"] != "function" or "name" not in tool for tool in body.get("tools") or ()):
        return "Missing required parameter: 'tools[0].name'."
    return _wrong_format(body) or _wrong_items(body["input"])


def _wrong_format(body: dict[str, Any]) -> str:
    bound = (body.get("text") or {}).get("format") or {"type": "text"}
    if bound["type"] == "json_schema" and not {"name", "schema"} <= bound.keys():
        return "Missing required parameter: 'text.format.name'."
    if bound["type"] == "json_object" and "json" not in json.dumps(body["input"]).lower():
        return "Response input messages must contain the word 'json' to use 'json_object'."
    return ""


def _wrong_items(items: list[dict[str, Any]] | str) -> str:
    asked: set[str] = set()
    for item in () if isinstance(items, str) else items:
        kind = item.get("type", "message")
        if kind == "function_call":
            asked.add(item["call_id"])
        elif kind == "function_call_output" and item["call_id"] not in asked:
            return f"No tool call found for function call output with call_id {item['call_id']}."
        elif kind == "message" and (said := _wrong_parts(item)):
            return said
    return ""


def _wrong_parts(item: dict[str, Any]) -> str:
    """People and systems send input, the model's own words are output."""
    parts = item["content"] if isinstance(item["content"], list) else []
    text = "output_text" if item["role"] == "assistant" else "input_text"
    for part in parts:
        if part["type"] not in (text, "input_image"):
            return f"Invalid value: '{part['type']}'. Supported values are: '{text}'."
        if part["type"] == "input_image" and not part["image_url"].startswith("data:image/"):
            return "Invalid 'image_url'."
    return ""


def _response(body: dict[str, Any], turn: Turn, status: str = "", **more: Any) -> dict[str, Any]:
    """The whole of it, or with `status` "in_progress" its head."""
    why = CUT.get(turn.finish)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": body["model"],
        "status": status or ("incomplete" if why else "completed"),
        "error": None,
        "incomplete_details": {"reason": why} if why and not status else None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "output": [] if status else [item for item, _ in _items(turn)],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "usage": None if status or not turn.counts else _usage(turn),
        **more,
    }


def _usage(turn: Turn) -> dict[str, Any]:
    return {
        "input_tokens": turn.prompt,
        "input_tokens_details": {"cached_tokens": turn.cached},
        "output_tokens": turn.completion,
        "output_tokens_details": {"reasoning_tokens": turn.reasoning},
        "total_tokens": turn.prompt + turn.completion,
    }


def _items(turn: Turn) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Every item of the output, each with the pieces it is streamed in."""
    if turn.thoughts:
        summary = [{"type": "summary_text", "text": turn.thoughts}]
        yield {"type": "reasoning", "id": "rs_1", "summary": summary}, [turn.thoughts]
    status = "incomplete" if turn.finish in CUT else "completed"
    for i, (name, said) in enumerate(turn.tools):
        call = {"type": "function_call", "id": f"fc_{i}", "call_id": f"call_{i}", "name": name}
        pieces = [said[at : at + 5] for at in range(0, len(said), 5)]
        yield {**call, "arguments": said, "status": status}, pieces
    if not turn.tools:
        part = {**PART, "text": turn.text}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
        yield {**message, "status": status}, turn.pieces()


BEGUN = {"message": {"content": []}, "function_call": {"arguments": ""}, "reasoning": {}}
PIECE = {
    "message": ("response.output_text", "text", {"content_index": 0}),
    "function_call": ("response.function_call_arguments", "arguments", {}),
    "reasoning": ("response.reasoning_summary_text", "text", {"summary_index": 0}),
}


async def _events(body: dict[str, Any], turn: Turn) -> AsyncIterator[str]:
    for kind in ("response.created", "response.in_progress"):
        yield _event(kind, response=_response(body, turn, "in_progress"))
    for index, (item, pieces) in enumerate(_items(turn)):
        async for event in _item_events(turn, index, item, pieces):
            yield event
    if turn.ends:
        whole = _response(body, turn)
        yield _event(f"response.{whole['status']}", response=whole)


async def _item_events(
    turn: Turn, index: int, item: dict[str, Any], pieces: list[str]
) -> AsyncIterator[str]:
    prefix, name, more = PIECE[item["type"]]
    at = {"output_index": index}
    place = {**at, "item_id": item["id"], **more}
    part = {**place, "part": PART}
    begun = {**item, **BEGUN[item["type"]], "status": "in_progress"}
    yield _event("response.output_item.added", item=begun, **at)
    if item["type"] == "message":
        yield _event("response.content_part.added", **part)
    async for piece in content(turn, pieces):
        yield _event(f"{prefix}.delta", delta=piece, **place)
    yield _event(f"{prefix}.done", **{name: "".join(pieces)}, **place)
    if item["type"] == "message":
        yield _event("response.content_part.done", **{**part, "part": item["content"][0]})
    yield _event("response.output_item.done", item=item, **at)


async def _failing(events: AsyncIterator[str], turn: Turn) -> AsyncIterator[str]:
    """The events, numbered, and the failure that ends them where the script says so."""
    number = 0
    try:
        async for event in events:
            yield event.replace('"sequence_number": 0', f'"sequence_number": {number}')
            number += 1
    except Failed:
        error = {"code": "server_error", "message": turn.error}
        failed = _response({"model": "m"}, turn, "failed", error=error)
        yield _event("response.failed", response=failed)


def _event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': 0, **data})}\n\n"
