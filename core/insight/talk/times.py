"""Periods as prose names them: months, weekdays, "the first quarter", "the previous month".

A period is a set of marks, and prose speaks of a period when they share one. Years are digits, and
prose types no digits.
"""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Iterable, Sequence
from datetime import date

from core.insight.talk.vocabulary import Mention, Token, fold

PERIOD = "period"
LABEL = re.compile(
    r"(?<![\w-])(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ][\d:.]+)?)?|-?(W\d{2})|[ -]?(Q[1-4]))?(?![\w-])"
)
MONTHS = {name.casefold(): number for number, name in enumerate(month_name) if name}
WEEKDAYS = {name.casefold(): number for number, name in enumerate(day_name)}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
GRAINS = ("day", "week", "month", "quarter", "year")
VERBS = frozenset({"march", "may", "august"})  # they are other words as well
LATELY = "last latest previous past current this prior final preceding recent"
LEADING = (
    "in of since until till by from to during for and between through last this early late mid"
    " before after around over against than with"
)
RELATIVE, BEFORE_A_MONTH = frozenset(LATELY.split()), frozenset(LEADING.split())


def exactly(text: str) -> frozenset[str]:
    """The periods that a text names by their labels, and nothing wider."""
    return frozenset("-".join(part for part in parts if part) for parts in LABEL.findall(text))


def marks(text: str) -> frozenset[str]:
    """What the period labels and dates in a label or a cell say: "2025-03" is a month, a March."""
    found = [_of(*parts) for parts in LABEL.findall(text)]
    return exactly(text).union(*found)


def is_day(text: str) -> bool:
    """The text is a date, and no longer period."""
    return "day" in marks(text)


def all_marks(texts: Iterable[str]) -> frozenset[str]:
    """The marks of several labels; two that are a year apart speak of a year as well."""
    made = [text for text in texts if LABEL.search(text)]
    found = frozenset[str]().union(*map(marks, made))
    years = [LABEL.findall(text)[0] for text in made]
    apart = any(
        abs(int(a[0]) - int(b[0])) == 1 and a[1:] == b[1:] for a in years for b in years if a != b
    )
    return found | ({"year"} if apart else set())


def mentions(sentence: Sequence[Token]) -> list[tuple[Mention, frozenset[str]]]:
    """The periods that a sentence names outside its references, each with its mark."""
    words = [fold(token.word) for token in sentence]
    found = []
    for at, token in enumerate(sentence):
        if mark := _mark(words, at, token):
            said = " ".join(one.word for one in sentence[max(0, at - 1) : at + 1] if one.word)
            named = said if mark in GRAINS or mark.startswith("Q") else token.word
            found.append((Mention(token.place, named, frozenset()), frozenset({mark})))
    return found


def _of(year: str, month: str, day: str, week: str, quarter: str) -> set[str]:
    if quarter:
        return {quarter, "quarter"}
    if week:
        return {"week"}
    if not month or not 1 <= int(month) <= 12:
        return {"year"}
    if not day:
        return {f"month {int(month)}", "month"}
    found = {f"month {int(month)}", "day"}
    try:
        return found | {f"weekday {date(int(year), int(month), int(day)).weekday()}"}
    except ValueError:
        return found


def _mark(words: Sequence[str], at: int, token: Token) -> str:
    """The mark of the period that ends at this word; nothing when none does."""
    word, before = words[at], words[at - 1] if at else ""
    if word in MONTHS and token.word[:1].isupper():
        named = word not in VERBS or before in BEFORE_A_MONTH
        return f"month {MONTHS[word]}" if named else ""
    day = word.removesuffix("s")
    if day in WEEKDAYS and token.word[:1].isupper():
        return f"weekday {WEEKDAYS[day]}"
    if word == "quarter" and before in ORDINALS:
        return f"Q{ORDINALS[before]}"
    return word if word in GRAINS and before in RELATIVE and token.tight else ""
