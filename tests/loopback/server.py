"""A model provider on 127.0.0.1: real HTTP, scripted answers, faults at will."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse

KEY = "sk-loopback-0123456789abcdef"


@dataclass
class Turn:
    """One scripted answer. Tokens are what the provider will say it counted."""

    text: str = "Loopback says hello to you."
    tools: list[tuple[str, str]] = field(default_factory=list)  # name, arguments as JSON text
    prompt: int = 100
    completion: int = 20
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0  # of cache_write, where the wire tells them apart
    reasoning: int = 0
    thoughts: str = ""
    status: int = 200
    error: str = "boom"
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # of an error
    delay_s: float = 0  # before the first byte
    raw: str = ""  # sent with status 200 instead of an answer in one piece
    gate: threading.Event | None = None  # nothing comes before it is set
    gap_s: float = 0  # between two pieces
    cut_after: int | None = None  # pieces of content, then the connection drops
    stall_after: int | None = None  # pieces of content, then silence
    fail_after: int | None = None  # pieces of content, then an error within the stream
    counts: bool = True  # tells usage
    ends: bool = True  # says that it has ended, and why
    finish: str = ""

    async def begin(self) -> None:
        """Returns when the first byte may come."""
        await asyncio.sleep(self.delay_s)
        if self.gate is not None:
            await asyncio.to_thread(self.gate.wait)

    def pieces(self) -> list[str]:
        """The text in words."""
        words = self.text.split(" ")
        return [word if last else f"{word} " for last, word in _last(words)]


def _last(words: list[str]) -> Iterator[tuple[bool, str]]:
    for place, word in enumerate(words, start=1):
        yield place == len(words), word


Script = Turn | Callable[[dict[str, Any]], Turn]


@dataclass
class Loopback:
    """A running server. `script[model]` decides its answers; `seen` has every request."""

    url: str = ""
    keys: tuple[str, ...] = (KEY, "ollama")  # the second is what keyless servers are sent
    script: dict[str, Script] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # models whose client left mid-stream
    served: list[str] = field(default_factory=list)  # models whose stream was sent whole

    def turn(self, body: dict[str, Any]) -> Turn:
        """What the script says now."""
        found = self.script.get(body["model"], Turn())
        return found if isinstance(found, Turn) else found(body)

    def stream(self, model: str, lines: Callable[[], AsyncIterator[str]]) -> StreamingResponse:
        """Server-sent events that notice when the client leaves."""

        async def watched() -> AsyncIterator[str]:
            try:
                async for line in lines():
                    yield line
                self.served.append(model)
            except (asyncio.CancelledError, GeneratorExit):
                self.gone.append(model)
                raise

        return StreamingResponse(watched(), media_type="text/event-stream")

    def was_left(self, model: str, within_s: float = 60.0) -> bool:
        """A client of `model` left mid-stream, at most `within_s` from now."""
        end = time.monotonic() + within_s
        while time.monotonic() < end and model not in self.gone:
            time.sleep(0.01)
        return model in self.gone


class Cut(Exception):
    """Ends the connection in the middle of the answer."""


class Failed(Exception):
    """The service says in the middle of the answer that it cannot go on."""


async def content(turn: Turn, pieces: list[str]) -> AsyncIterator[str]:
    """The pieces at the scripted pace, and what goes wrong between them."""
    for place, piece in enumerate(pieces):
        if turn.cut_after is not None and place >= turn.cut_after:
            raise Cut
        if turn.stall_after is not None and place >= turn.stall_after:
            await asyncio.sleep(600)
        if turn.fail_after is not None and place >= turn.fail_after:
            raise Failed
        if turn.gap_s:
            await asyncio.sleep(turn.gap_s)
        yield piece
    if turn.cut_after is not None and turn.cut_after >= len(pieces):
        raise Cut


@contextmanager
def serve(make: Callable[[Loopback], Starlette]) -> Iterator[Loopback]:
    """The server, listening; it has ended when the block has."""
    loopback = Loopback()
    # Providers keep idle connections for minutes; closing them after seconds would be a fault.
    config = uvicorn.Config(
        make(loopback), host="127.0.0.1", port=0, log_level="critical", timeout_keep_alive=300
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    loopback.url = f"http://127.0.0.1:{port}"
    yield loopback
    server.should_exit = server.force_exit = True
    thread.join(5)
