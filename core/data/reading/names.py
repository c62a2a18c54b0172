"""Column names from strangers: kept as data, made safe to carry and unique."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

NAME_CHARS_MAX = 120


def clean(name: str) -> str:
    """The name on one line without control characters, at most 120 characters; may be empty."""
    visible = "".join(" " if char.isspace() else char for char in name if _kept(char))
    return " ".join(visible.split())[:NAME_CHARS_MAX].strip()


def column_names(given: Sequence[str]) -> list[str]:
    """As many names as given, none empty, no two alike even in another case."""
    named = [clean(name) or f"column_{place}" for place, name in enumerate(given, 1)]
    return unique(named)


def unique(names: Sequence[str]) -> list[str]:
    """The names in order, a repeated one followed by `_2`, `_3` ... Case does not tell apart."""
    taken, given, last = {name.casefold() for name in names}, set[str](), dict[str, int]()
    result = []
    for name in names:
        chosen, key = name, name.casefold()
        if key in given:
            number = last.get(key, 1) + 1
            while f"{key}_{number}" in taken or f"{key}_{number}" in given:
                number += 1
            last[key], chosen = number, f"{name}_{number}"
        given.add(chosen.casefold())
        result.append(chosen)
    return result


def _kept(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
