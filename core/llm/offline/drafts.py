"""Fill a template with labelled values; what is unknown stays visible."""

from __future__ import annotations

import re

from core.llm.offline.forms import labelled, lookup

TEMPLATE = re.compile(r"^\s*template\s*:\s*(.+)\Z", re.IGNORECASE | re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\{\{?\s*([A-Za-z][\w .-]{0,40}?)\s*\}?\}")
FENCE = re.compile(r"^```\w*\n|\n```\s*$")


def drafted(whole: str) -> str:
    """The text after "Template:", its {places} filled from the labelled lines before it."""
    found = TEMPLATE.search(whole)
    if not found or not PLACE.search(found[1]):
        return ""
    labels = labelled(whole[: found.start()])
    template = FENCE.sub("", found[1].strip())

    def put(place: re.Match[str]) -> str:
        return lookup(place[1], labels) or f"[{place[1]}]"

    return PLACE.sub(put, template)
