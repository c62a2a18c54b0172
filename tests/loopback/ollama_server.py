"""Ollama as OpenAI's clients see it, and the list of what it has: no keys, tools in one piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.loopback.openai_server import failing, line, usage, whole
from tests.loopback.server import Loopback, Turn, content, serve


def open_server() -> AbstractContextManager[Loopback]:
    """A loopback Ollama; its host is `url`. It has the models of its script and "llama3.1"."""
    return serve(_app)


def _app(loopback: Loopback) -> Starlette:
    def has() -> list[str]:
        return sorted({*loopback.script, "llama3.1"})

    async def chat(request: Request) -> Response:
        body = await request.json()
        loopback.seen.append({"body": body, "headers": dict(request.headers)})
        if body["model"] not in has():
            said = f'model "{body["model"]}" not found, try pulling it first'
            return _error(404, said)
        turn = loopback.turn(body)
        await turn.begin()
        if turn.status != 200:
            return _error(turn.status, turn.error)
        if body.get("stream"):
            return loopback.stream(body["model"], lambda: failing(_events(body, turn), turn))
        return JSONResponse(whole(body, turn))

    async def tags(_: Request) -> Response:
        return JSONResponse({"models": [{"name": name, "model": name} for name in has()]})

    async def version(_: Request) -> Response:
        return JSONResponse({"version": "0.12.0"})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/api/tags", tags),
            Route("/api/version", version),
        ]
    )


def _error(status: int, message: str) -> Response:
    error = {"message": message, "type": "api_error", "param": None, "code": None}
    return JSONResponse({"error": error}, status_code=status)


async def _events(body: dict[str, Any], turn: Turn) -> AsyncIterator[str]:
    """The end is called "stop" even after tool calls, as older servers do."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    head |= {"model": body["model"], "system_fingerprint": "fp_ollama"}

    def event(delta: dict[str, Any], why: str | None = None) -> str:
        said = {"role": "assistant", "content": "", **delta}
        return line({**head, "choices": [{"index": 0, "delta": said, "finish_reason": why}]})

    if turn.tools:
        calls = [
            {"id": f"call_{i}", "index": i, "type": "function",
             "function": {"name": name, "arguments": said}}
            for i, (name, said) in enumerate(turn.tools)
        ]  # fmt: skip
        yield event({"tool_calls": calls})
    else:
        async for piece in content(turn, turn.pieces()):
            yield event({"content": piece})
    if not turn.ends:
        return
    yield event({}, turn.finish or "stop")
    if (body.get("stream_options") or {}).get("include_usage") and turn.counts:
        yield line({**head, "choices": [], "usage": usage(turn)})
    yield "data: [DONE]\n\n"
