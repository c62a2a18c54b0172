"""How amounts, times and names are written on every screen. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from core.settings import NUSD
from core.storage.database import now

MINUS = "\u2212"
REASONS = {  # why a model did not answer, as the gateway names it
    "absent": "not configured",
    "closed": "the connection was closed",
    "context": "given more than it can read",
    "cooling": "resting after failures",
    "cut": "broke off",
    "down": "its provider failed",
    "empty": "said nothing",
    "garbled": "could not be read",
    "key": "its key was refused",
    "payment": "its provider asks for payment",
    "policy": "declined the content",
    "rate_limit": "too many requests",
    "request": "did not accept the request",
    "timeout": "no answer in time",
    "unfit": "did not fit what was asked for",
    "unknown": "no such model",
    "unpriced": "has no known price",
    "unreachable": "nobody answered",
}
MARKS = re.compile(r"([\\`*_{}\[\]<>#$~|:])")


def usd(nusd: int | None, digits: int = 2) -> str:
    """`$0.31`; what is under a cent but not nothing is `< $0.01`. Negative with a true minus."""
    amount = (nusd or 0) / NUSD
    if 0 < abs(amount) < 0.5 * 10**-digits:
        return f"< ${10**-digits:.{digits}f}"
    return f"{MINUS if amount < 0 else ''}${abs(amount):,.{digits}f}"


def took(seconds: float | None) -> str:
    """`< 0.1 s`, `0.4 s`, `12 s`, `1 m 12 s`, `2 h 5 m`."""
    if seconds is None:
        return ""
    if 0 <= seconds < 0.05:
        return "< 0.1 s"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest} s"
    return f"{minutes // 60} h {minutes % 60} m"


def lasts(seconds: float | None) -> str:
    """How long something stays: `off`, `45 s`, `10 min`, `1 h`, `30 days`."""
    if not seconds:
        return "off"
    for unit, size_s in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size_s and seconds % size_s == 0 and (unit != "days" or seconds > size_s):
            return f"{seconds / size_s:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def ms(milliseconds: float | None) -> str:
    """`433 ms`, `1,240 ms`; nothing where nothing was measured."""
    return "" if milliseconds is None else f"{milliseconds:,.0f} ms"


def because(reason: str) -> str:
    """Why a model did not answer, in words."""
    return REASONS.get(reason, reason.replace("_", " "))


def since(start: datetime | None, end: datetime | None = None) -> float | None:
    """Seconds from `start` to `end`, or to now while it has not ended."""
    return ((end or now()) - start).total_seconds() if start else None


def count(number: float | None, thing: str = "", things: str = "") -> str:
    """`37,489 rows`, `1 row`; without a thing only the number."""
    if number is None:
        return ""
    if not thing:
        return f"{number:,}"
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def size(size_bytes: int) -> str:
    """`812 B`, `4.1 MB`, `1.2 GB` (powers of 1,000)."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 1000:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1000:.1f} TB"


def ago(at: datetime | None) -> str:
    """`just now`, `12 min ago`, `3 h ago`, then the day: `14 Nov`."""
    if at is None:
        return ""
    passed = now() - at
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{passed.seconds // 60} min ago"
    if passed < timedelta(days=1):
        return f"{passed.seconds // 3600} h ago"
    return f"{at.day} {at:%b}"


def clock(at: datetime | None) -> str:
    """`14:05 UTC`, with the day when it is not today."""
    if at is None:
        return ""
    day = "" if at.date() == now().date() else f"{at.day} {at:%b} "
    return f"{day}{at:%H:%M} UTC"


def plain(text: object, most: int = 200) -> str:
    """Any text as one line of literal Markdown: names from data never format or link anything."""
    line = " ".join(str(text).split())
    line = line if len(line) <= most else line[: most - 1] + "…"
    return MARKS.sub(r"\\\1", line)


def named(name: str) -> str:
    """`creative_sprint.render` as words: "Creative sprint: render"."""
    words = name.replace("_", " ").replace(".", ": ")
    return words[:1].upper() + words[1:]


def titled(operation: str, given: dict[str, Any]) -> str:
    """What a run is called in a list: its question, its prompt, or what it does and to what."""
    asked = given.get("question") or given.get("prompt")
    if asked:
        return str(asked)
    model = given.get("model")
    return f"{named(operation)}, {model}" if isinstance(model, str) and model else named(operation)


def muted(text: str) -> str:
    """Grey and small, for what stands beside the point."""
    return f":small[:gray[{text}]]" if text else ""
