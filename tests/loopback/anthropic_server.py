"""Anthropic's wire format: messages, plain and streamed, tool_use, cache tokens, errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.server import KEY, Failed, Loopback, Turn, content, serve

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def open_server() -> AbstractContextManager[Loopback]:
    """A loopback Anthropic; its base URL is `url`."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    async def messages(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        wrong = _wrong(request, body)
        if wrong:
            return wrong
        turn = loopback.turn(body)
        await turn.begin()
        if turn.status != 200:
            return _error(turn.status, turn.error, **turn.headers)
        if body.get("stream"):
            return loopback.stream(body["model"], lambda: _failing(_events(body, turn), turn))
        return JSONResponse(_whole(body, turn))

    async def count(request: Request) -> Response:
        body = await request.json()
        wrong = _wrong(request, {"max_tokens": 1, **body})  # it counts what is to be sent
        if wrong:
            return wrong
        await asyncio.sleep(loopback.turn(body).delay_s)
        return JSONResponse({"input_tokens": loopback.turn(body).prompt})

    return Starlette(
        routes=[
            Route("/v1/messages", messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", count, methods=["POST"]),
        ]
    )


def _wrong(request: Request, body: dict[str, Any]) -> Response | None:
    """What the real service would refuse."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    key = request.headers.get("x-api-key") or bearer  # the SDK sends one, LiteLLM the other
    if key != KEY:
        return _error(401, f"invalid x-api-key {key}")
    said = _malformed(request, body)
    return _error(400, said) if said else None


def _malformed(request: Request, body: dict[str, Any]) -> str:
    """What is wrong with the request, or nothing."""
    if not request.headers.get("anthropic-version"):
        return "anthropic-version: header is required"
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    asked: set[str] = set()
    blocks = [m["content"] for m in body["messages"] if isinstance(m["content"], list)]
    sources = [part["source"] for parts in blocks for part in parts if part["type"] == "image"]
    if any(source["type"] != "base64" or "media_type" not in source for source in sources):
        return "messages.0.content.0.image.source: Input should be a valid base64 image"
    for message in body["messages"]:
        if message["role"] not in ("user", "assistant"):
            return f"messages: Unexpected role {message['role']!r}"
        blocks = message["content"] if isinstance(message["content"], list) else []
        asked |= {block["id"] for block in blocks if block["type"] == "tool_use"}
        answers = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answers - asked:
            return "unexpected `tool_use_id` found in `tool_result` blocks"
    return _unfit(body)


def _unfit(body: dict[str, Any]) -> str:
    """What of the fields beside the messages cannot be, or nothing."""
    if body.get("temperature", 0) > 1:
        return "temperature: range: 0..1"
    if {"temperature", "top_p"} <= body.keys():
        return "`temperature` and `top_p` cannot both be specified for this model."
    bare = any("input_schema" not in tool for tool in body.get("tools") or ())
    return "tools.0.input_schema: Field required" if bare else ""


def _error(status: int, message: str, **headers: str) -> Response:
    error = {"type": ERRORS.get(status, "api_error"), "message": message}
    return JSONResponse({"type": "error", "error": error}, status_code=status, headers=headers)


def _reading(turn: Turn) -> dict[str, Any]:
    """Here input tokens exclude the cached ones."""
    kept = {
        "ephemeral_5m_input_tokens": turn.cache_write - turn.cache_write_1h,
        "ephemeral_1h_input_tokens": turn.cache_write_1h,
    }
    return {
        "cache_creation": kept,
        "input_tokens": turn.prompt - turn.cached - turn.cache_write,
        "cache_read_input_tokens": turn.cached,
        "cache_creation_input_tokens": turn.cache_write,
    }


def _finish(turn: Turn) -> str:
    return turn.finish or ("tool_use" if turn.tools else "end_turn")


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}


def _whole(body: dict[str, Any], turn: Turn) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": turn.text}]
    if turn.tools:
        blocks = [
            {"type": "tool_use", "id": f"toolu_{i}", "name": name, "input": json.loads(said)}
            for i, (name, said) in enumerate(turn.tools)
        ]
    end = {"content": blocks, "stop_reason": _finish(turn), "stop_sequence": None}
    usage = {**_reading(turn), "output_tokens": turn.completion}
    return {**_head(body), **end, "usage": usage}


async def _events(body: dict[str, Any], turn: Turn) -> AsyncIterator[str]:
    begin = {"content": [], "stop_reason": None, "stop_sequence": None}
    usage = {**_reading(turn), "output_tokens": 1}
    yield _event("message_start", message={**_head(body), **begin, "usage": usage})
    yield _event("ping")
    for index, (block, deltas) in enumerate(_blocks(turn)):
        yield _event("content_block_start", index=index, content_block=block)
        async for delta in _paced(turn, deltas):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    if not turn.ends:
        return
    delta = {"stop_reason": _finish(turn), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": turn.completion})
    yield _event("message_stop")


async def _failing(events: AsyncIterator[str], turn: Turn) -> AsyncIterator[str]:
    try:
        async for event in events:
            yield event
    except Failed:
        yield _event("error", error={"type": "overloaded_error", "message": turn.error})


def _blocks(turn: Turn) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Every content block with its deltas: thinking, then text or tools."""
    made: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if turn.thoughts:
        thinking = {"type": "thinking", "thinking": "", "signature": ""}
        made.append((thinking, [{"type": "thinking_delta", "thinking": turn.thoughts}]))
    if not turn.tools:
        words = [{"type": "text_delta", "text": piece} for piece in turn.pieces()]
        made.append(({"type": "text", "text": ""}, words))
    for i, (name, said) in enumerate(turn.tools):
        block = {"type": "tool_use", "id": f"toolu_{i}", "name": name, "input": {}}
        parts = [said[at : at + 5] for at in range(0, len(said), 5)]
        made.append((block, [{"type": "input_json_delta", "partial_json": p} for p in parts]))
    return made


async def _paced(turn: Turn, deltas: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    places = {str(place): delta for place, delta in enumerate(deltas)}
    if deltas and deltas[0]["type"] == "thinking_delta":
        yield deltas[0]
        return
    async for place in content(turn, list(places)):
        yield places[place]


def _event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
