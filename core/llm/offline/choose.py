"""Which tools answer a question most directly, judged by their own specs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from core.llm.messages import ToolSpec
from core.llm.offline.arguments import properties
from core.llm.offline.question import Wish
from core.llm.offline.words import STOP, is_typo, split, stem

ANSWERS = re.compile(r"^\s*answers:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
ENOUGH = 1.5  # a score below this is chance
SMALL = 0.5  # what "by" or "which" say, beside words of their own
NEAR = 0.6  # share of the best score that makes a tool direct as well
DIRECT_MAX = 2
OVER_TIME = re.compile(
    r"\b(?:over time|trend\w*|develop\w*|evol\w+|trajectory|history|when"
    r"|which (?:day|week|month|quarter|year))\b"
)


def direct(wish: Wish, tools: Sequence[ToolSpec]) -> list[ToolSpec]:
    """The tools to ask first, best first; empty when none speaks to the question."""
    scores = [(score(wish, tool, tools), tool) for tool in tools]
    best = max((points for points, _ in scores), default=0.0)
    if best < ENOUGH:
        return []
    near = [entry for entry in scores if entry[0] >= max(ENOUGH, NEAR * best)]
    near.sort(key=lambda entry: -entry[0])
    return [tool for _, tool in near[:DIRECT_MAX]]


def score(wish: Wish, tool: ToolSpec, tools: Sequence[ToolSpec]) -> float:
    """Rare matching words of the tool's "Answers:" line, and what its parameters can express."""
    known = [answers(other) for other in tools]
    points = 0.0
    for phrase in answers(tool):
        if all(_said(word, wish.stems) for word in phrase):
            rare = math.log(1 + len(tools) / sum(phrase in others for others in known))
            points += rare * (SMALL if STOP.issuperset(phrase) else 1.0)
    return points + _expresses(wish, properties(tool).keys())


def answers(tool: ToolSpec) -> frozenset[tuple[str, ...]]:
    """The question words of the spec, stemmed; several words make one phrase."""
    found = ANSWERS.search(tool.description)
    phrases = found[1].split(",") if found else []
    made = (tuple(stem(word) for word in split(phrase)) for phrase in phrases)
    return frozenset(phrase for phrase in made if phrase)


def _expresses(wish: Wish, names: Iterable[str]) -> float:
    """Points for parameters that the question gives a value."""
    have = set(names)
    if {"period", "current"} & have:
        return max(6.0 * wish.change, 3.0 * (wish.period is not None)) + 2.0 * wish.why
    if "time" in have:
        return 7.0 * bool(OVER_TIME.search(wish.text.lower()))
    if wish.why:
        return 0.0
    if "aggregate" in have:
        asks = 3.0 * bool(wish.aggregate) + 5.0 * wish.extreme
        return min(asks, 1.0) if wish.change else asks
    if "measures" in have:
        pair = len(wish.measures) > 1 and not (wish.splits or wish.aggregate or wish.period)
        return 2.0 * pair
    return ("dimensions" in have) * (wish.splits + 1.0 * bool(wish.splits and wish.groups))


def _said(word: str, stems: frozenset[str]) -> bool:
    return word in stems or any(is_typo(word, other) for other in stems)
