"""A Sentry server: envelopes of events, with the key of the DSN checked."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.loopback.sinks.sink import Sink, receive

KEY = "0123456789abcdef0123456789abcdef"


def open_sentry() -> AbstractContextManager[Sink]:
    """A Sentry; `seen` holds its events."""
    return receive(_read, ["/api/7/envelope/"])


def dsn(url: str) -> str:
    """The DSN of the server at `url`."""
    return f"{url.replace('://', f'://{KEY}@')}/7"


def _read(sink: Sink, request: Request, body: bytes) -> Response:
    if f"sentry_key={KEY}" not in request.headers.get("x-sentry-auth", ""):
        return Response(status_code=401)
    events = envelope(body)
    sink.seen += events
    return JSONResponse({"id": events[0].get("event_id", "") if events else ""})


def envelope(body: bytes) -> list[dict[str, Any]]:
    """The events in an envelope: a header line, then items of a header line and a payload."""
    header, _, rest = body.partition(b"\n")
    json.loads(header)
    found = []
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        about = json.loads(line)
        length = about.get("length", len(rest.partition(b"\n")[0]))
        payload, rest = rest[:length], rest[length:].lstrip(b"\n")
        if about["type"] == "event":
            found.append(json.loads(payload))
    return found
