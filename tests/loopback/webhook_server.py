"""A receiver of webhooks on 127.0.0.1: takes, refuses, redirects, is slow, or says nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.loopback.server import Loopback, serve
from tests.services import kept_port


def app(loopback: Loopback) -> Starlette:
    """`script["hook"].status` and `.delay_s` decide the answer; `seen` has body and headers."""

    async def take(request: Request) -> Response:
        body = (await request.body()).decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen: dict[str, Any] = {"path": request.url.path, "body": body, "headers": headers}
        loopback.seen.append(seen)
        turn = loopback.turn({"model": "hook"})
        if turn.delay_s:
            await asyncio.sleep(turn.delay_s)
        elsewhere = {"location": f"{loopback.url}/elsewhere"} if 300 <= turn.status < 400 else {}
        return Response(status_code=turn.status, headers=elsewhere)

    return Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST"])])


def receiver() -> Any:
    """The server, listening, as a context."""
    return serve(app)


@contextmanager
def black_hole() -> Iterator[str]:
    """The address of a socket that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"


@contextmanager
def dead() -> Iterator[str]:
    """An address where nobody listens, and nobody else begins to."""
    with kept_port() as port:
        yield f"http://127.0.0.1:{port}/hook"
