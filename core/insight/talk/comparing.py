"""Which of two is more, where a sentence says so: "more than", "lower amount than".

Compared are the references before and after it; where both stand on one side, the first is said to
be more. A change right before it, as in "[[drop]] less than", says by its sign which way it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from core.insight.talk.standing import Standing
from core.insight.talk.subjects import Reading, Subject
from core.insight.talk.vocabulary import MEASURE, Token, Vocabulary, fold

MORE, LESS, ANY, REST, IDIOMS, LEADING = (
    frozenset(words.split())
    for words in (
        "more higher larger bigger greater",
        "less fewer lower smaller",
        "any all every each anyone anything elsewhere",
        "others other rest",
        "half once twice double triple one two a an enough chance just",
        "by the",  # "than by chance", "than the rest": the next word says what it is
    )
)
NEAR_MAX = 8  # references of one side that are looked at
REACH = 5  # words from "more" to "than": "lower average price per row than"


@dataclass(frozen=True)
class Comparison:
    """More, or less, than; `others` is "any" or "rest" where it is more than all others."""

    place: int
    than: int
    is_more: bool
    said: str
    others: str = ""


def comparisons(said: Sequence[Token]) -> Iterator[Comparison]:
    """The comparisons of a sentence, but for idioms like "more than half"."""
    words = [fold(one.word) for one in said]
    for at, word in enumerate(words):
        reach = words[at + 1 : at + 1 + REACH]
        if word not in MORE | LESS or "than" not in reach:
            continue
        than = at + 1 + reach.index("than")
        first, second, *_ = [*words[than + 1 : than + 3], "", ""]
        first = second if first in LEADING else first
        if first not in IDIOMS:
            others = "any" if first in ANY else "rest" if first in REST else ""
            yield Comparison(at, than, word in MORE, said[at].word, others)


def compared(
    said: Sequence[Token], one: Comparison, subjects: Mapping[str, Subject], words: Vocabulary
) -> bool | None:
    """Whether the references bear the comparison out; None when they cannot say."""
    found = [at for at, token in enumerate(said) if _stands(subjects, token.id)]
    before = [at for at in found if at < one.than][-NEAR_MAX:]
    after = [at for at in found if at > one.than][:NEAR_MAX]
    if said[one.place].tight and one.place - 1 in found:
        gain = _gain(subjects[said[one.place - 1].id])
        if gain:
            return (gain > 0) == one.is_more
    reads = {at: Reading(subjects[said[at].id], words) for at in before + after}
    pairs = list(product(before[::-1], after)) or [
        *combinations(after, 2),
        *reversed(list(combinations(before, 2))),
    ]
    known = [(reads[left], reads[right]) for left, right in pairs]
    for difference in (_in_column, _in_measure):  # of one column before of one measure
        for left, right in known:
            more = difference(left, right)
            if more is not None:
                return more > 0 if one.is_more else more < 0
    return True if after[:1] == [one.than + 1] and not before else None  # "more than [[about]]"


def _stands(subjects: Mapping[str, Subject], id: str) -> bool:
    return id in subjects and bool(subjects[id].stands)


def _gain(subject: Subject) -> float:
    """A change, with its sign; nothing for other numbers and for names."""
    changes = [one for one in subject.stands if one.is_change and not subject.is_name]
    return (changes[0].values[changes[0].row] or 0) if changes else 0


def _in_column(left: Reading, right: Reading) -> float | None:
    """How much more the left one is, where both are of one column."""
    for a, b in product(left.subject.stands, right.subject.stands):
        if (a.query, a.column) == (b.query, b.column) and a.row != b.row:
            return _difference(a, b)
    return None


def _in_measure(left: Reading, right: Reading) -> float | None:
    """How much more the left one is, where both are numbers of one measure."""
    if left.subject.is_name or right.subject.is_name:
        return None
    a, b = left.subject.stands[0], right.subject.stands[0]
    shared = left.own.get(MEASURE, frozenset()) & right.own.get(MEASURE, frozenset())
    alike = a.unit == b.unit and (a.query == b.query or shared)
    return _difference(a, b) if alike and a != b else None


def _difference(a: Standing, b: Standing) -> float | None:
    return None if a.value is None or b.value is None else a.value - b.value
