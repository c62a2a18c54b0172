"""OpenAI's wire format: chat completions, plain and streamed, tools, usage, errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.server import Failed, Loopback, Turn, content, serve

ERRORS = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    404: "invalid_request_error",
    429: "requests",
}
ROLES = {"system", "developer", "user", "assistant", "tool"}


def open_server() -> AbstractContextManager[Loopback]:
    """A loopback OpenAI; its base URL is `url + "/v1"`."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    async def chat(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        wrong = _wrong(loopback, request, body)
        if wrong:
            return wrong
        turn = loopback.turn(body)
        await turn.begin()
        if turn.status != 200:
            return _error(turn.status, turn.error, turn.code, **turn.headers)
        if body.get("stream"):
            return loopback.stream(body["model"], lambda: failing(_events(body, turn), turn))
        if turn.raw:
            return Response(turn.raw, media_type="application/json")
        return JSONResponse(whole(body, turn))

    async def models(_: Request) -> Response:
        known = [{"id": name, "object": "model", "created": 1, "owned_by": "loopback"}
                 for name in loopback.script]  # fmt: skip
        return JSONResponse({"object": "list", "data": known})

    routes = [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/models", models),
    ]
    return Starlette(routes=routes)


def _wrong(loopback: Loopback, request: Request, body: dict[str, Any]) -> Response | None:
    """What the real service would refuse."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key not in loopback.keys:
        said = f"Incorrect API key provided: {key}. You can find your API key at example.com."
        return _error(401, said, "invalid_api_key")
    if not body.get("messages"):
        return _error(400, "[] is too short - 'messages'", "invalid_request_error")
    bound = (body.get("response_format") or {}).get("json_schema")
    if bound is not None and not {"name", "schema"} <= bound.keys():
        said = "Missing required parameter: 'response_format.json_schema'."
        return _error(400, said, "missing_required_parameter")
    if any(not part["image_url"]["url"].startswith("data:image/") for part in images(body)):
        return _error(400, "Invalid image_url.", "invalid_image_url")
    return _wrong_turns(body)


def images(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every picture that was sent."""
    contents = [
        turn["content"] for turn in body["messages"] if isinstance(turn.get("content"), list)
    ]
    return [part for parts in contents for part in parts if part["type"] == "image_url"]


def _wrong_turns(body: dict[str, Any]) -> Response | None:
    asked: set[str] = set()
    for message in body["messages"]:
        if message["role"] not in ROLES:
            return _error(400, f"Invalid role: {message['role']}", "invalid_value")
        asked |= {call["id"] for call in message.get("tool_calls") or ()}
        if message["role"] == "tool" and message.get("tool_call_id") not in asked:
            return _error(400, "messages with role 'tool' must answer 'tool_calls'.", "")
    for tool in body.get("tools") or ():
        if tool.get("type") != "function" or "name" not in tool["function"]:
            return _error(400, "Invalid tools.", "invalid_value")
    return None


def _error(status: int, message: str, code: str, **more: str) -> Response:
    kind = ERRORS.get(status, "server_error")
    error = {"message": message, "type": kind, "param": None, "code": code or None}
    headers = {"retry-after": "1"} if status == 429 else {}
    return JSONResponse({"error": error}, status_code=status, headers=headers | more)


def usage(turn: Turn) -> dict[str, Any]:
    """What was counted, in OpenAI's words."""
    read = {"cached_tokens": turn.cached, "audio_tokens": 0}
    wrote = {"reasoning_tokens": turn.reasoning, "audio_tokens": 0}
    return {
        "prompt_tokens": turn.prompt,
        "completion_tokens": turn.completion,
        "total_tokens": turn.prompt + turn.completion,
        "prompt_tokens_details": read,
        "completion_tokens_details": wrote,
    }


def finish(turn: Turn) -> str:
    """Why the answer ended."""
    return turn.finish or ("tool_calls" if turn.tools else "stop")


def whole(body: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """An answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": None if turn.tools else turn.text}
    if turn.tools:
        message["tool_calls"] = [
            {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": said}}
            for i, (name, said) in enumerate(turn.tools)
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish(turn), "logprobs": None}
    made = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return {**made, "choices": [choice], "usage": usage(turn)}


async def _events(body: dict[str, Any], turn: Turn) -> AsyncIterator[str]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    head["model"] = body["model"]

    def event(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return line({**head, "choices": [choice]})

    yield event({"role": "assistant", "content": ""})
    if turn.thoughts:
        yield event({"reasoning_content": turn.thoughts})
    if turn.tools:
        async for delta in tool_deltas(turn):
            yield event(delta)
    else:
        async for piece in content(turn, turn.pieces()):
            yield event({"content": piece})
    if not turn.ends:
        return
    yield event({}, finish(turn))
    if (body.get("stream_options") or {}).get("include_usage") and turn.counts:
        yield line({**head, "choices": [], "usage": usage(turn)})
    yield "data: [DONE]\n\n"


async def failing(events: AsyncIterator[str], turn: Turn) -> AsyncIterator[str]:
    """The events, and the error that ends them where the script says so."""
    try:
        async for event in events:
            yield event
    except Failed:
        yield line({"error": {"message": turn.error, "type": "server_error", "code": None}})


async def tool_deltas(turn: Turn) -> AsyncIterator[dict[str, Any]]:
    """Each call's name first, then its arguments in fragments, as the real service does."""
    for i, (name, said) in enumerate(turn.tools):
        function = {"name": name, "arguments": ""}
        call = {"index": i, "id": f"call_{i}", "type": "function", "function": function}
        yield {"tool_calls": [call]}
        fragments = [said[at : at + 5] for at in range(0, len(said), 5)]
        async for fragment in content(turn, fragments):
            yield {"tool_calls": [{"index": i, "function": {"arguments": fragment}}]}


def line(value: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(value)}\n\n"
