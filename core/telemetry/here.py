"""Where this thread is: the trace, span and task that every log line of it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
HEADER_CHARS_MAX = 256  # ours has 55; a later version may append a little
_FIELDS: ContextVar[Mapping[str, str]] = ContextVar("telemetry", default=MappingProxyType({}))


def valid(traceparent: str) -> str:
    """The W3C header as we pass it on, or nothing: a client may send anything."""
    if len(traceparent) > HEADER_CHARS_MAX:
        return ""
    found = TRACEPARENT.fullmatch(traceparent.strip().lower())
    if not found or (found[1] == "00" and found[5]):
        return ""
    return f"00-{found[2]}-{found[3]}-{found[4]}"


def written(trace_id: str, span_id: str) -> str:
    """The header that names this span as the parent, sampled."""
    return f"00-{trace_id}-{span_id}-01"


def fields() -> Mapping[str, str]:
    """trace_id, span_id and request_id, as far as they are known here."""
    return _FIELDS.get()


def current() -> str:
    """The traceparent of where this thread is, or nothing."""
    known = _FIELDS.get()
    return written(known["trace_id"], known["span_id"]) if "trace_id" in known else ""


def named(traceparent: str) -> dict[str, str]:
    """trace_id and span_id of the header; nothing of one that is not valid."""
    parts = valid(traceparent).split("-")
    return {"trace_id": parts[1], "span_id": parts[2]} if len(parts) == 4 else {}


@contextmanager
def entered(**more: str) -> Iterator[None]:
    """Log lines inside have these fields too; threads that copy the context as well."""
    token = _FIELDS.set(MappingProxyType({**_FIELDS.get(), **more}))
    try:
        yield
    finally:
        _FIELDS.reset(token)
