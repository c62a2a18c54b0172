"""Local mode is for this computer only: nobody signs in, so nobody else may get in.

A page of another site could reach a loopback server by DNS rebinding, and a wrong bind address
could expose it to the network. Both are stopped here, before any route or page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
REFUSAL = (
    b"This studio is in local mode: it answers only on this computer.\n"
    b"To use it from elsewhere set STUDIO_HOST to the address it listens on; "
    b"it will then ask for the owner's password.\n"
)


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or address, port and brackets allowed) is this computer itself."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class LocalOnly:
    """ASGI middleware: in local mode, requests and web sockets from elsewhere get 403."""

    def __init__(self, app: App, *, local: Callable[[], bool]) -> None:
        self.app = app
        self.local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or not self.local() or _is_near(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            plain = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": plain})
            await send({"type": "http.response.body", "body": REFUSAL})


def _is_near(scope: Scope) -> bool:
    """Both the caller and the name it called are this computer (a unix socket has no caller)."""
    client = scope.get("client")
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return (not client or is_loopback(client[0])) and is_loopback(host.decode("latin-1"))
