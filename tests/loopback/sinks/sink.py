"""A receiver of telemetry on 127.0.0.1: it takes everything, or is slow, or never answers."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class Sink:
    """A running receiver. `seen` has what it read; `delay_s` comes before every answer."""

    url: str = ""
    delay_s: float = 0.0
    status: int = 200
    asked: int = 0
    seen: list[Any] = field(default_factory=list)

    def until(self, holds: Callable[[], Any], within_s: float = 60.0) -> Any:
        """What `holds` gives as soon as it is true, or its last answer."""
        end = time.monotonic() + within_s
        while time.monotonic() < end and not (found := holds()):
            time.sleep(0.02)
        return found or holds()


Read = Callable[[Sink, Request, bytes], Response]


@contextmanager
def receive(read: Read, paths: list[str]) -> Iterator[Sink]:
    """The receiver, listening on these paths; `read` keeps what came and answers."""
    sink = Sink()

    async def take(request: Request) -> Response:
        sink.asked += 1
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        answer = read(sink, request, body)
        await asyncio.sleep(sink.delay_s)
        return answer if sink.status == 200 else Response(status_code=sink.status)

    app = Starlette(routes=[Route(path, take, methods=["POST"]) for path in paths])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    sink.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield sink
    server.should_exit = server.force_exit = True
    thread.join(5)
