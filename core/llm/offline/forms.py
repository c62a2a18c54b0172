"""Fill a JSON schema from labelled text ("Company: Acme")."""

from __future__ import annotations

import json
import re
from typing import Any

from core.llm.offline.words import likeness, split, stem, telling

LABELLED = re.compile(r"^[\s>*-]*([^\W\d][\w .'/-]{0,60}?)\s*(?::|=)\s*(\S.*?)\s*$", re.MULTILINE)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
STARTS_MAX = 100  # braces that are tried; a text may be nothing but braces
SAME = 0.6  # share of a field's words that a label must mean
YES, NO = {"yes", "true", "y", "on"}, {"no", "false", "n", "off"}


def filled(whole: str) -> str:
    """JSON of the schema in the prompt, or nothing when there is none. Unknown fields are null."""
    found = find_schema(whole)
    if found is None:
        return ""
    schema, rest = found
    labels = labelled(rest)
    fields = schema.get("properties", {})
    made = {name: _value(name, field, labels) for name, field in fields.items()}
    needed = schema.get("required", [])
    kept = {name: value for name, value in made.items() if value is not None or name in needed}
    return json.dumps(kept, ensure_ascii=False)


def find_schema(text: str) -> tuple[dict[str, Any], str] | None:
    """The first JSON schema of an object in the text, and the text without it."""
    reader = json.JSONDecoder()
    starts = [found.start() for found in re.finditer(r"\{", text)]
    for start in starts[:STARTS_MAX]:
        try:
            value, end = reader.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value, text[:start] + text[end:]
    return None


def labelled(text: str) -> dict[str, str]:
    """Label -> value of every line that has both; the first of equals counts."""
    found: dict[str, str] = {}
    for label, value in LABELLED.findall(text):
        found.setdefault(label.strip(), value)
    return found


def lookup(name: str, labels: dict[str, str]) -> str | None:
    """The value whose label means `name`."""
    wanted = [stem(word) for word in split(name)]
    rated = [(_meaning(wanted, label), -place, label) for place, label in enumerate(labels)]
    best = max(rated, default=(0.0, 0, ""))
    return labels[best[2]] if best[0] >= SAME else None


def _meaning(wanted: list[str], label: str) -> float:
    """How much of both names the words share."""
    have = telling(label)
    if not have or not wanted:
        return 0.0
    covered = sum(max(likeness(want, word) for word in have) for want in wanted)
    return 2 * covered / (len(wanted) + len(have))


def _value(name: str, field: dict[str, Any], labels: dict[str, str]) -> Any:
    said = lookup(name, labels)
    if said is None:
        said = lookup(str(field.get("title", "")), labels)
    return None if said is None else _typed(said, _plain(field))


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """The part of an optional field that is not null."""
    parts = [part for part in field.get("anyOf", ()) if part.get("type") != "null"]
    return parts[0] if parts else field


def _typed(said: str, field: dict[str, Any]) -> Any:
    """The words as the field's type; None when they cannot be."""
    if choices := field.get("enum"):
        return next((c for c in choices if str(c).lower() == said.lower()), None)
    if field.get("type") == "array":
        item = field.get("items", {})
        return [_typed(part.strip(), item) for part in re.split(r"[,;]", said) if part.strip()]
    if field.get("type") == "boolean":
        return True if said.lower() in YES else False if said.lower() in NO else None
    if field.get("type") in ("integer", "number"):
        return _number(said, whole=field["type"] == "integer")
    return said


def _number(said: str, *, whole: bool) -> int | float | None:
    found = NUMBER.search(said)
    if not found:
        return None
    text = found[0].replace(",", "")
    if not whole:
        return float(text)
    return int(text) if "." not in text else None
