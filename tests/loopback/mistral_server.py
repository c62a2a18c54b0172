"""Mistral's wire where it departs from OpenAI's: ids of nine signs, strict fields, its errors."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.openai_server import failing, finish, line, usage, whole
from tests.loopback.server import Loopback, Turn, content, serve

KNOWN = {
    "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed",
    "metadata", "response_format", "tools", "tool_choice", "presence_penalty",
    "frequency_penalty", "n", "prediction", "parallel_tool_calls", "prompt_mode", "safe_prompt",
}  # fmt: skip
TEMPERATURE_MAX = 1.5
ID = re.compile(r"[a-zA-Z0-9]{9}")
CODES = {429: ("rate_limited", "1300"), 500: ("internal_server_error", "1000")}


def open_server() -> AbstractContextManager[Loopback]:
    """A loopback Mistral; its base URL is `url + "/v1"`."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    async def chat(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in loopback.keys:
            return JSONResponse({"detail": "Unauthorized"}, status_code=401)
        wrong = _wrong(body)
        if wrong:
            return wrong
        turn = loopback.turn(body)
        await turn.begin()
        if turn.status != 200:
            return _error(turn.status, turn.error, *CODES.get(turn.status, ("", "3000")))
        if body.get("stream"):
            return loopback.stream(body["model"], lambda: failing(_events(body, turn), turn))
        return JSONResponse(whole(body, turn))

    return Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])


def _wrong(body: dict[str, Any]) -> Response | None:
    """What the real service would refuse."""
    extra = sorted(body.keys() - KNOWN)
    if extra:
        said = "Extra inputs are not permitted"
        told = [{"type": "extra_forbidden", "loc": ["body", name], "msg": said} for name in extra]
        return JSONResponse({"detail": told}, status_code=422)
    if body.get("temperature", 0) > TEMPERATURE_MAX:
        said = f"Input should be less than or equal to {TEMPERATURE_MAX}"
        told = [{"type": "less_than_equal", "loc": ["body", "temperature"], "msg": said}]
        return JSONResponse({"detail": told}, status_code=422)
    if body.get("temperature") == 0 and body.get("top_p", 1) != 1:
        said = "top_p must be 1 when using greedy sampling."
        return _error(400, said, "invalid_request_error", "3054")
    turns = body["messages"]
    ids = [call["id"] for turn in turns for call in turn.get("tool_calls") or ()]
    ids += [turn["tool_call_id"] for turn in turns if turn["role"] == "tool"]
    bad = [given for given in ids if not ID.fullmatch(given)]
    if bad:
        said = f"Tool call id was {bad[0]} but must be a-z, A-Z, 0-9, with a length of 9."
        return _error(400, said, "invalid_function_call", "3280")
    if turns[-1]["role"] not in ("user", "tool"):
        said = "Expected last role User or Tool (or Assistant with prefix True) for serving"
        return _error(400, said, "invalid_request_message_order", "3230")
    return None


def _error(status: int, message: str, kind: str = "", code: str = "") -> Response:
    error = {"object": "error", "message": message, "type": kind, "param": None, "code": code}
    headers = {"retry-after": "3"} if status == 429 else None
    return JSONResponse(error, status_code=status, headers=headers)


async def _events(body: dict[str, Any], turn: Turn) -> AsyncIterator[str]:
    """Tool calls arrive whole; the last piece has the reason and the usage."""
    head = {"id": "cmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

    def event(delta: dict[str, Any], why: str | None = None, **more: Any) -> str:
        return line(
            {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": why}], **more}
        )

    yield event({"role": "assistant", "content": ""})
    if not turn.tools:
        async for piece in content(turn, turn.pieces()):
            yield event({"content": piece})
    if not turn.ends:
        return
    calls = [
        {"id": f"tool0000{i}", "index": i, "function": {"name": name, "arguments": said}}
        for i, (name, said) in enumerate(turn.tools)
    ]
    said = {"content": "", "tool_calls": calls} if calls else {"content": ""}
    counted = {"usage": usage(turn)} if turn.counts else {}
    yield event(said, finish(turn), **counted)
    yield "data: [DONE]\n\n"
