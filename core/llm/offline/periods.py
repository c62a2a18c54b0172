"""Which stretch of time a question is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.llm.offline.words import listed

MONTHS = listed(
    "january february march april may june july august september october november december"
)
UNITS = "day|week|month|quarter|year"
YEAR = r"(?P<year>(?:19|20)\d\d)"
MONTH = rf"(?P<month>{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS if m != 'may')})\.?"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
LAST = re.compile(
    rf"\b(?:last|previous|past|latest|recent|this|current)\s+(?:\d+\s+|few\s+)?({UNITS})s?\b"
)
OVER = re.compile(rf"\b({UNITS})[- ](?:over|on|to|by|after)[- ]\1\b")
ADVERB = re.compile(r"\b(dai|week|month|quarter|year|annual)ly\b")
EVERY = re.compile(rf"\b(?:each|every|per|by)\s+({UNITS})\b")
QUARTERS = (
    re.compile(rf"\b{YEAR}[\s-]*q(?P<quarter>[1-4])\b"),
    re.compile(rf"\bq(?P<quarter>[1-4])(?:\s*,?\s*(?:of\s+)?{YEAR})?\b"),
    re.compile(
        rf"\b(?P<quarter>first|second|third|fourth)\s+quarter(?:\s*,?\s*(?:of\s+)?{YEAR})?\b"
    ),
)
DAY = re.compile(r"\b(?P<day>(?:19|20)\d\d-\d\d-\d\d)\b")
ISO_MONTH = re.compile(rf"\b{YEAR}-(?P<month>0[1-9]|1[0-2])\b")
NAMED_MONTH = re.compile(rf"\b{MONTH}(?:\s*,?\s*(?:of\s+)?{YEAR})?(?=\W|$)")
ONLY_YEAR = re.compile(
    rf"\b(?:in|during|for|since|year)\s+{YEAR}\b(?!-)|\bof\s+(?P<of>(?:19|20)\d\d)\W*$"
)
WHOLE = {"dai": "day", "annual": "year"}


@dataclass(frozen=True)
class Period:
    """`unit` is day, week, month, quarter or year; `current` is "last" or one of them by name.

    By name: "2025-03-31", "2025-03", "2025 Q3", "2025"; without a year "Q3", "03".
    """

    unit: str
    current: str = "last"


def find(text: str) -> Period | None:
    """The period the text names, or None."""
    text = text.lower()
    return _quarter(text) or _day(text) or _month(text) or _year(text) or _relative(text)


def dated(period: Period, last: str) -> Period:
    """A month or quarter without a year gets the latest that had begun on `last`, an ISO date."""
    bare = re.fullmatch(r"Q?(\d\d?)", period.current)
    if not bare or not re.match(r"\d{4}-\d\d", last):
        return period
    year, month = int(last[:4]), int(last[5:7])
    reached = (month + 2) // 3 if period.unit == "quarter" else month
    year -= int(bare[1]) > reached
    gap = " " if period.unit == "quarter" else "-"
    return Period(period.unit, f"{year}{gap}{period.current}")


def _quarter(text: str) -> Period | None:
    for pattern in QUARTERS:
        if found := pattern.search(text):
            number = ORDINALS.get(found["quarter"]) or int(found["quarter"])
            return Period(
                "quarter", f"{found['year']} Q{number}" if found["year"] else f"Q{number}"
            )
    return None


def _day(text: str) -> Period | None:
    if found := DAY.search(text):
        return Period("day", found["day"])
    return Period("day") if re.search(r"\b(?:yesterday|today)\b", text) else None


def _month(text: str) -> Period | None:
    if found := ISO_MONTH.search(text):
        return Period("month", f"{found['year']}-{found['month']}")
    found = NAMED_MONTH.search(text)
    if not found or (found["month"] in ("may", "mar", "dec", "jan", "sep") and not found["year"]):
        return _may(text)  # "may" is a verb more often than a month
    number = next(n for n, name in enumerate(MONTHS, start=1) if name.startswith(found["month"]))
    return Period("month", f"{found['year']}-{number:02}" if found["year"] else f"{number:02}")


def _may(text: str) -> Period | None:
    return Period("month", "05") if re.search(r"\b(?:in|since|during|last) may\b", text) else None


def _year(text: str) -> Period | None:
    found = ONLY_YEAR.search(text)
    return Period("year", found["year"] or found["of"]) if found else None


def _relative(text: str) -> Period | None:
    for pattern in (LAST, OVER, EVERY, ADVERB):
        if found := pattern.search(text):
            return Period(WHOLE.get(found[1], found[1]))
    return None
