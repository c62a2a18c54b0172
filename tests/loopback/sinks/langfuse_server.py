"""Langfuse's OpenTelemetry endpoint: Basic authorization with a project's keys, then OTLP."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager

from starlette.requests import Request
from starlette.responses import Response

from tests.loopback.sinks import otlp_server
from tests.loopback.sinks.sink import Sink, receive

PUBLIC, SECRET = "pk-lf-loopback", "sk-lf-loopback"
BASIC = "Basic " + base64.b64encode(f"{PUBLIC}:{SECRET}".encode()).decode()


def open_langfuse() -> AbstractContextManager[Sink]:
    """A Langfuse; its base URL is `url`."""
    return receive(_read, ["/api/public/otel/v1/traces"])


def _read(sink: Sink, request: Request, body: bytes) -> Response:
    if request.headers.get("authorization") != BASIC:
        return Response(status_code=401)
    return otlp_server.read(sink, request, body)
