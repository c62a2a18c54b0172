"""Which columns a question means."""

from __future__ import annotations

from typing import Any

from core.llm.offline.words import likeness, listed, split, stem, telling

VAGUE = frozenset(
    stem(word)
    for word in listed(
        "id name code number no nr usd eur gbp dollar euro pct percent total amount value type "
        "group col column field line key level"
    )
)
VAGUE_WEIGHT = 0.35
ENOUGH = 0.45  # "product" means product_line when nothing fits better
VALUE_SHARE = 0.75  # a value of the column was named, not the column
MAIN = listed("revenue sales turnover profit amount income spend cost value price score quantity")


def mentioned(question: str, profile: dict[str, Any]) -> list[str]:
    """Names of the columns the question means, surest first; each word speaks for one column."""
    asked = telling(question)
    found = [(*_match(column, asked), column["name"]) for column in profile["columns"]]
    found = [entry for entry in found if entry[0] >= ENOUGH]
    claimed: set[int] = set()
    chosen = []
    for _, spots, name in sorted(found, key=lambda entry: (-entry[0], -len(entry[1]))):
        if spots - claimed:
            claimed |= spots
            chosen.append(name)
    return chosen


def with_role(profile: dict[str, Any], *roles: str) -> list[str]:
    """Names of the columns that play one of the roles, in the table's order."""
    return [column["name"] for column in profile["columns"] if column["role"] in roles]


def main_measure(profile: dict[str, Any]) -> str | None:
    """The measure people mostly mean: money before anything else, else the first."""
    measures = with_role(profile, "measure")
    best = [(_importance(name), -place, name) for place, name in enumerate(measures)]
    return max(best)[2] if best else None


def _importance(name: str) -> float:
    stems = [stem(word) for word in split(name)]
    scores = [
        len(MAIN) - place for place, word in enumerate(MAIN) if any(stem(word) == s for s in stems)
    ]
    return max(scores, default=0)


def _match(column: dict[str, Any], asked: list[str]) -> tuple[float, set[int]]:
    """How well the words name the column, and which of them do."""
    parts = [stem(word) for word in split(column["name"])]
    total = gained = 0.0
    spots: set[int] = set()
    for part in parts:
        weight = VAGUE_WEIGHT if part in VAGUE and len(parts) > 1 else 1.0
        total += weight
        best, spot = max(
            ((likeness(part, word), -i) for i, word in enumerate(asked)), default=(0.0, 0)
        )
        if best:
            gained += weight * best
            spots.add(-spot)
    score = gained / total if total else 0.0
    by_value, named = _by_value(column, asked)
    return (by_value, named) if by_value > score else (score, spots)


def _by_value(column: dict[str, Any], asked: list[str]) -> tuple[float, set[int]]:
    """A value such as "North" was named."""
    if column["role"] != "dimension":
        return 0.0, set()
    for value in _values(column.get("top")):
        parts = telling(value)
        if parts and all(part in asked for part in parts) and not value.isdigit():
            return VALUE_SHARE, {asked.index(part) for part in parts}
    return 0.0, set()


def _values(top: Any) -> list[str]:
    """The frequent values, however the profile writes them: pairs, objects or a mapping."""
    if isinstance(top, dict):
        return [str(value) for value in top]
    found = []
    for entry in top or ():
        value = entry.get("value") if isinstance(entry, dict) else entry
        found.append(str(value[0] if isinstance(value, list | tuple) and value else value))
    return found
