"""A request continues its client's trace, and its log lines and tasks name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.serve.hosts import App, Receive, Scope, Send
from core.telemetry import here

QUIET = ("/_stcore", "/assets", "/static", "/component", "/media", "/healthz", "/readyz")


class Traced:
    """ASGI middleware. With telemetry off it only remembers the client's `traceparent`.

    `studio` gives the open studio, or None while it starts; then the request is just passed on.
    """

    def __init__(self, app: App, *, studio: Callable[[], Any | None]) -> None:
        self.app = app
        self.studio = studio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside its trace."""
        telemetry = getattr(self.studio(), "telemetry", None)
        if telemetry is None or scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self.app(scope, receive, send)
            return
        with here.entered(**here.named(traceparent(scope))):
            await telemetry.front(self.app)(scope, receive, send)


def traceparent(scope: Scope) -> str:
    """The client's header, or nothing."""
    found = (value for name, value in scope["headers"] if name == b"traceparent")
    return next(found, b"").decode("latin-1")
