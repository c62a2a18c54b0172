"""What kind of answer a question wants."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from core.llm.offline import columns, periods
from core.llm.offline.periods import Period
from core.llm.offline.words import listed, split, stem

COUNTED = listed("one two three four five six seven eight nine ten")
NUMBERS = {word: number for number, word in enumerate(COUNTED, start=1)}
WHY = re.compile(r"\b(?:why|reasons?|causes?|caused|behind|explains?|due to|how come)\b")
OPEN = re.compile(
    r"\b(?:insights?|interesting|notable|overview|summar\w+|explore|anything|everything|tell me"
    r"|what (?:is|was|has been) (?:going on|happening)|what happened|stands? out|patterns?"
    r"|findings?|analy[sz]e|analysis|look at|learn|story|driv(?:e|es|ing|ers?))\b"
)
AGGREGATES = (
    ("count", re.compile(r"\b(?:how many|number of|count)\b")),
    ("median", re.compile(r"\b(?:median|typical|typically|middle)\b")),
    ("mean", re.compile(r"\b(?:average|averages|mean|avg)\b")),
    ("sum", re.compile(r"\b(?:total|totals|sum|how much|overall|altogether|shares?|portion)\b")),
    ("max", re.compile(r"\b(?:maximum|max)\b")),
    ("min", re.compile(r"\b(?:minimum|min)\b")),
)
RANK = re.compile(r"\b(?:top|bottom|best|worst|first|highest|lowest|largest|smallest)\s+(\w+)\b")
EXTREME = re.compile(
    r"\b(?:top|bottom|best|worst|most|least|highest|lowest|largest|smallest|biggest|strongest"
    r"|weakest|leading|rank\w*|fewest|greatest)\b"
)
SPLIT = re.compile(r"\b(?:which|where|who|by|per|each|across|between|among|for every)\b")
CHANGE = re.compile(
    r"\b(?:chang\w*|f[ae]ll\w*|drop\w*|declin\w*|decreas\w*|r[io]se\w*|rising|increas\w*|gr[eo]w\w*"
    r"|growth|lost|los[es]\w*|improv\w*|worsen\w*|shr[aiu]nk\w*|slump\w*|surg\w*|jump\w*|plung\w*)\b"
)
COMPARE = re.compile(
    r"\b(?:up|down|better|worse|compar\w*|versus|vs|higher|lower|more|less|differ\w*)\b"
)
PLACES = listed("region country state city area location store branch site")
PEOPLE = listed("customer client employee person salesperson agent rep patient user")


@dataclass(frozen=True)
class Wish:
    """A question about one table, read by rules."""

    text: str
    stems: frozenset[str] = frozenset()
    named: list[str] = field(default_factory=list)  # columns, surest first
    measures: list[str] = field(default_factory=list)  # those of them that are numbers
    groups: list[str] = field(default_factory=list)  # and those that split the rows
    why: bool = False
    open: bool = False
    change: bool = False
    splits: bool = False  # by something, which, where
    extreme: bool = False  # most, least, top
    aggregate: str | None = None
    top: int | None = None
    period: Period | None = None


def understand(text: str, profile: dict[str, Any]) -> Wish:
    """The wish behind the question, in terms of the table."""
    low = text.lower()
    why, words = bool(WHY.search(low)), split(text)
    found = [name for name, pattern in AGGREGATES if pattern.search(low)]
    named = columns.mentioned(text, profile)
    groups = [name for name in named if name in columns.with_role(profile, "dimension")]
    measures = [name for name in named if name in columns.with_role(profile, "measure")]
    extreme = bool(EXTREME.search(low))
    if not groups and (measures or extreme):
        groups = _asked_for(words, profile)
        named += groups
    period = _period(text, profile)
    compares = bool(COMPARE.search(low))
    return Wish(
        text=text,
        stems=frozenset(stem(word) for word in words),
        named=named,
        measures=measures,
        groups=groups,
        why=why,
        open=why or bool(OPEN.search(low)) or not words,
        change=bool(CHANGE.search(low)) or (compares and not groups and bool(measures or period)),
        splits=bool(SPLIT.search(low)) or (compares and bool(groups)),
        extreme=extreme,
        aggregate=found[0] if found else None,
        top=_rank(low),
        period=period,
    )


def _period(text: str, profile: dict[str, Any]) -> Period | None:
    """The period the text names, with the year that the data ends in where it names none."""
    found = periods.find(text)
    ends = [str(c.get("max") or "") for c in profile["columns"] if c["role"] == "time"]
    return periods.dated(found, max(ends)) if found and ends else found


def _asked_for(words: list[str], profile: dict[str, Any]) -> list[str]:
    """The dimension that "where" or "who" asks for."""
    kinds = (PLACES if "where" in words else ()) + (PEOPLE if "who" in words else ())
    stems = {stem(kind) for kind in kinds}
    groups = columns.with_role(profile, "dimension")
    return [name for name in groups if stems & {stem(word) for word in split(name)}][:1]


def _rank(low: str) -> int | None:
    """5 of "top 5" or "best five"."""
    found = RANK.search(low)
    if not found:
        return None
    word = found[1]
    return int(word) if word.isdigit() and len(word) <= 3 else NUMBERS.get(word)
