"""What may leave in a span: no query, no caller's address, no personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

URLS = frozenset({"http.url", "url.full", "http.target", "url.path"})
VERBS = frozenset({"db.operation", "db.operation.name"})  # followed by SQLite's path
NEVER = frozenset(
    {
        "client.address",
        "client.port",
        "db.query.parameters",
        "db.statement.parameters",
        "db.name",  # of SQLite: a path on this machine
        "db.namespace",
        "db.user",
        "http.client_ip",
        "http.user_agent",
        "net.peer.ip",
        "net.sock.peer.addr",
        "network.peer.address",
        "url.query",
        "user_agent.original",
    }
)


def scrubbed(attributes: Mapping[str, Any] | None, redact: Callable[[Any], Any]) -> dict[str, Any]:
    """What may leave of the attributes: texts redacted, URLs without their query."""
    kept = {}
    for name, value in (attributes or {}).items():
        if name in NEVER or name.startswith("db.query.parameter."):
            continue
        if isinstance(value, str):
            kept[name] = redact(_short(name, value))
        else:
            kept[name] = value
    return kept


def _short(name: str, text: str) -> str:
    if name in URLS:
        return address(text)
    return text.partition(" ")[0] if name in VERBS else text


def address(url: str) -> str:
    """The URL without query, fragment and credentials."""
    url = url.partition("#")[0].partition("?")[0]
    scheme, between, rest = url.partition("://")
    if not between:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
