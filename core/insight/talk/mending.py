"""What a model meant where its JSON is sloppy: mended only when it can mean one thing.

Fences, trailing commas, Python's spelling and JSON inside a string are read; arguments that were
cut off, or could be read in two ways, are not.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection
from typing import Any

RAW_MAX = 20_000
FENCE = re.compile(r"^```[\w-]*\s*\n?(.*?)\n?\s*```$", re.DOTALL)
STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
COMMA = re.compile(rf"({STRING})|,(\s*[}}\]])", re.DOTALL)
WORD = re.compile(rf"({STRING})|\b(true|false|null)\b", re.DOTALL)
PYTHON = {"true": "True", "false": "False", "null": "None"}
NAMES, ARGUMENTS = ("name", "tool", "function"), ("arguments", "parameters", "input", "args")


def mend(raw: str) -> dict[str, Any] | None:
    """The one JSON object that `raw` can mean; None when there is none, or more than one."""
    if len(raw) > RAW_MAX:
        return None
    text = raw.strip()
    fenced = FENCE.match(text)
    text = fenced[1].strip() if fenced else text
    found = [_json(text), _json(COMMA.sub(_without, text)), _python(text)]
    inner = next((value for value in found if isinstance(value, str)), None)
    if inner is not None and inner != raw:
        return mend(inner)
    objects = [value for value in found if isinstance(value, dict)]
    if not objects or any(one != objects[0] for one in objects):
        return None
    return objects[0]


def spoken(text: str, names: Collection[str]) -> tuple[str, dict[str, Any]] | None:
    """The tool that a whole text asks for, written out instead of called; None for other texts."""
    made = mend(text) if "{" in text[:20] else None
    if not made or len(made) != 2:
        return None
    name = next((made[key] for key in NAMES if key in made), None)
    arguments = next((made[key] for key in ARGUMENTS if key in made), None)
    fits = isinstance(name, str) and name in names and isinstance(arguments, dict)
    return (name, arguments) if fits else None  # pyright: ignore[reportReturnType]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _python(text: str) -> Any:
    """The text as a Python literal, when JSON could hold it."""
    try:
        made = ast.literal_eval(COMMA.sub(_without, WORD.sub(_python_word, text)))
        return json.loads(json.dumps(made, allow_nan=False))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _without(found: re.Match[str]) -> str:
    return found[1] or found[2]


def _python_word(found: re.Match[str]) -> str:
    return found[1] or PYTHON[found[2]]
