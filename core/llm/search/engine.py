"""What an engine of the web is: how it is asked, how its answer is read. One file each."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Protocol

from pydantic import BaseModel

from core.errors import StudioError
from core.kernel.registry import Registry

TITLE_MAX, SNIPPET_MAX, URL_MAX = 300, 1_000, 2_000  # characters


class Hit(BaseModel):
    """One page that was found. Its words are the web's: data, never instructions."""

    title: str
    url: str
    snippet: str = ""
    score: float | None = None  # of the engine's own measure, more is better
    published: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """A request to an engine; its repr shows no key."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""


class Engine(Protocol):
    """The wire of one search service."""

    def ask(self, base_url: str, key: str, query: str, results_max: int) -> Sent:
        """The request for `query`."""
        ...

    def read(self, body: bytes) -> list[Hit]:
        """What was found, best first. Raises ValueError, KeyError or TypeError for garbage."""
        ...

    def refused(self, status: int) -> StudioError | None:
        """What only this service means by a status; None for the common meaning."""
        ...


ENGINES: Registry[Engine] = Registry("search engine")


@cache
def discover() -> Registry[Engine]:
    """Every engine whose file is in `engines/`; a file's name is the engine's."""
    room = importlib.import_module("core.llm.search.engines")
    for file in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{room.__name__}.{file.name}")
    return ENGINES


def posted(url: str, key: str, **body: Any) -> Sent:
    """A JSON request with the key where most services want it."""
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    return Sent("POST", url, headers, json.dumps(body).encode())


def hit(
    url: str, title: Any, snippet: Any = "", *, score: Any = None, published: Any = None
) -> Hit | None:
    """A hit within its bounds; None for what is no page of the web."""
    if not url.startswith(("http://", "https://")) or len(url) > URL_MAX:
        return None
    return Hit(
        title=_short(title, TITLE_MAX) or url[:TITLE_MAX],
        url=url,
        snippet=_short(snippet, SNIPPET_MAX),
        score=float(score) if isinstance(score, int | float) else None,
        published=_day(published),
    )


def _short(text: Any, most: int) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _day(text: Any) -> datetime | None:
    """A date as services write it; None for "3 days ago" and the like."""
    if not isinstance(text, str) or not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError):
            continue
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None
