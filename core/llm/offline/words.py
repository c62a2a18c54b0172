"""Words as the offline model knows them: stems, synonyms, small typos."""

from __future__ import annotations

import re
from functools import lru_cache


def listed(words: str) -> tuple[str, ...]:
    """The words of a line, in order."""
    return tuple(words.split())


CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W\d_]+|\d+")
STOP = frozenset(
    listed(
        "a an and are as at be been but by can could did do does for from had has have "
        "i if in into is it its me my of on or our over per please s than that the "
        "their them there these they this to us was we were what when which who whom "
        "whose will with would you your"
    )
)
SYNONYMS = (
    "revenue sales sale turnover income takings earnings amount",
    "profit margin gain earnings",
    "price tariff fee",
    "cost expense spend spending expenditure",
    "quantity qty unit volume piece",
    "customer client buyer account shopper",
    "region area territory zone market",
    "country nation",
    "city town",
    "product item article sku good",
    "category group segment class kind type line",
    "channel medium source",
    "store shop branch outlet location site",
    "employee staff worker salesperson rep agent",
    "order purchase transaction booking",
    "return refund",
    "discount rebate markdown reduction",
    "score rating grade mark",
    "visit session traffic",
    "campaign promotion advert ad",
    "age old",
    "duration length minutes hours",
    "date day time",
    "department team division",
    "gender sex",
    "salary wage pay",
    "weight mass",
    "delay wait lateness",
    "churn attrition cancellation",
)
SUFFIXES = (  # ending, what stands instead, letters that must be left
    ("ies", "y", 3),
    ("sses", "ss", 3),
    ("ions", "", 5),
    ("ion", "", 5),
    ("ing", "", 3),
    ("ed", "", 3),
    ("ally", "", 3),
    ("al", "", 3),
)
KEEP = frozenset(listed("loss less gross plus bus gas news species series this its was has does"))
SHORTEST = 3  # a stem keeps at least so many letters
TYPO_FROM, TWO_TYPOS_FROM = 5, 9  # letters; shorter words have too many neighbours


def split(text: str) -> list[str]:
    """Lower-case words and numbers, snake_case and camelCase taken apart."""
    return [word.lower() for word in WORD.findall(CAMEL.sub(" ", text))]


def telling(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(word) for word in split(text) if word not in STOP]


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The word without its ending, so that "prices" and "pricing" meet."""
    word = word.removesuffix("ness") if len(word) > len("ness") + SHORTEST else word
    for ending, instead, left in SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= left:
            return _bare(word[: -len(ending)] + instead)
    if word.endswith("s") and not word.endswith("ss") and word not in KEEP and len(word) > SHORTEST:
        word = word[:-1]
    return _bare(word)


def likeness(one: str, other: str) -> float:
    """How much two stems mean the same: 1 equal, 0.8 synonyms, 0.7 a typo apart, 0 unrelated."""
    if one == other:
        return 1.0
    if _groups().get(one, frozenset()) & _groups().get(other, frozenset()):
        return 0.8
    return 0.7 if is_typo(one, other) else 0.0


def is_typo(one: str, other: str) -> bool:
    """One slip apart, or two in a long word; the first letter is rarely wrong."""
    shorter = min(len(one), len(other))
    if shorter < TYPO_FROM or one[0] != other[0] or not (one + other).isalpha():
        return False
    return _slips(one, other) <= (2 if shorter >= TWO_TYPOS_FROM else 1)


def _bare(word: str) -> str:
    """Without a final e or a doubled consonant: price/pricing, drop/dropping."""
    if word.endswith("e") and len(word) > SHORTEST:
        return word[:-1]
    if len(word) > SHORTEST and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, line in enumerate(SYNONYMS):
        for word in line.split():
            found[stem(word)] = found.get(stem(word), frozenset()) | {number}
    return found


def _slips(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swapped neighbours between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row = row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(row[-1] + 1, above[j] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = above
    return row[-1]
