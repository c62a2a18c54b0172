"""What a model's own sentence speaks of must be what its references are about.

A member, a measure or a period that a sentence names must belong to a reference in it, and stand
beside a number that is of it: "Berlin made [[r]]" needs an r of Berlin. Where a sentence can be
read in several ways one good reading is enough; names that are ordinary words are left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from core.errors import Invalid
from core.insight.render import split
from core.insight.talk import times
from core.insight.talk.pairing import NOTHING, Event, Names, fits
from core.insight.talk.subjects import Reading, Subject
from core.insight.talk.times import PERIOD
from core.insight.talk.vocabulary import (
    MEASURE,
    ORDINARY,
    Mention,
    Token,
    Vocabulary,
    fold,
    tokens,
)

SPLITTING = frozenset({"by", "across"})  # "by region" says that the numbers are split by it
GENERIC = frozenset({"amount", "cost", "costs", "price", "spend", "units"})  # of any other measure
AGGREGATES = {"average": "average", "mean": "average", "median": "median", "total": "total"}
HINT = "Use the finding's own words, or the reference that belongs to the name."


def check_nouns(
    text: str, said: Collection[str], subjects: Mapping[str, Subject], words: Vocabulary
) -> None:
    """No sentence puts a number beside a name that it is not of. Raises Invalid.

    Sentences that findings say themselves (`said`) are fine as they are.
    """
    for sentence in split(text):
        if sentence.rstrip(".!? ") not in said and (why := fault(sentence, subjects, words)):
            raise Invalid(f"The sentence {sentence[:160]!r} {why}", hint=HINT)


def fault(sentence: str, subjects: Mapping[str, Subject], words: Vocabulary) -> str:
    """What the sentence names that its references are not about; nothing when all is well."""
    said = _Sentence(list(tokens(sentence)), subjects, words)
    return (
        _uncovered(said)
        or _untimed(said)
        or _alone(said)
        or _unsplit(said)
        or _miscounted(said)
        or _misplaced(said)
    )


@dataclass(frozen=True)
class _Sentence:
    tokens: list[Token]
    subjects: Mapping[str, Subject]
    words: Vocabulary

    @cached_property
    def about(self) -> dict[int, Reading]:
        """Place -> what the reference there is about."""
        return {
            one.place: Reading(self.subjects[one.id], self.words)
            for one in self.tokens
            if one.id in self.subjects
        }

    @cached_property
    def numbers(self) -> list[Reading]:
        return [read for read in self.about.values() if not read.subject.is_name]

    @cached_property
    def mentions(self) -> list[Mention]:
        """The names it types, but for "amount" and the like when another measure is told."""
        found = self.words.mentions(self.tokens)
        told = any(_measures(one) and self.covers(one) for one in found)
        told = told or any(MEASURE in one.named for one in self.about.values())
        return [one for one in found if self.covers(one) or not (told and _is_generic(one))]

    @cached_property
    def periods(self) -> list[tuple[Mention, Names]]:
        return times.mentions(self.tokens)

    def covers(self, one: Mention) -> bool:
        return any(
            name in read.covers.get(kind, ())
            for read in self.about.values()
            for kind, name in one.nouns
        )


def _uncovered(said: _Sentence) -> str:
    """A member or a measure that no reference of the sentence is about."""
    for one in said.mentions:
        if not one.weak and not said.covers(one):
            return f"names {one.said!r}; none of its references is about that."
    return ""


def _untimed(said: _Sentence) -> str:
    """A period that no reference of the sentence is about, and that is no member either."""
    members = {one.place for one in said.mentions}
    for one, marks in said.periods:
        covered = any(marks & read.covers.get(PERIOD, NOTHING) for read in said.about.values())
        if not covered and one.place not in members:
            return f"speaks of {one.said!r}; none of its references is about that period."
    return ""


def _alone(said: _Sentence) -> str:
    """A quarter or a month put there by reference, among numbers none of which is of it.

    A member may stand for itself ("North lost most"), and so may a day ("since then").
    """
    for read in said.about.values() if said.numbers else ():
        names = read.named.get(PERIOD, NOTHING)
        covered = any(names & one.covers.get(PERIOD, NOTHING) for one in said.numbers)
        if names and not covered and not times.is_day(read.subject.text):
            return f"puts {read.subject.text[:60]!r} beside numbers that are not of it."
    return ""


def _unsplit(said: _Sentence) -> str:
    """By region, where no reference comes from a query by region."""
    about = said.about.values()
    for by, column in zip(said.tokens, said.tokens[1:], strict=False):
        name = fold(column.word)
        if fold(by.word) not in SPLITTING or name in ORDINARY or name not in said.words.splits:
            continue
        if not any(name in one.subject.columns or name in one.covers for one in about):
            return f"says {f'by {column.word}'!r}; none of its references was split so."
    return ""


def _miscounted(said: _Sentence) -> str:
    """The average amount, where every number is a total."""
    measured = {one.place for one in said.mentions if _measures(one)}
    measured |= {place for place, read in said.about.items() if MEASURE in read.named}
    for place, one in enumerate(said.tokens[:-1]):
        wanted = AGGREGATES.get(fold(one.word), "")
        before = fold(said.tokens[place - 1].word) if place else ""
        if not wanted or place + 1 not in measured or before == "in" or not said.numbers:
            continue
        if not any(wanted in read.subject.aggregates for read in said.numbers):
            return f"says {one.word!r}; none of its references is that."
    return ""


def _misplaced(said: _Sentence) -> str:
    """A number beside a name that it is not of."""
    kinds = dict.fromkeys(kind for one in said.mentions for kind, _ in one.nouns)
    kinds |= dict.fromkeys(kind for read in said.about.values() for kind in read.named)
    for kind in (*kinds, PERIOD):
        if any(one.weak and kind in dict(one.nouns) for one in said.mentions):
            continue
        events = sorted(_events(said, kind), key=lambda one: one.place)
        if not fits(events, back=kind == PERIOD):
            return "puts a number beside a name that it is not of."
    return ""


def _events(said: _Sentence, kind: str) -> list[Event]:
    found = [
        Event(one.place, frozenset(name for of, name in one.nouns if of == kind), False)
        for one in said.mentions
        if kind in dict(one.nouns)
    ]
    if kind == PERIOD:
        found += [Event(one.place, marks, False) for one, marks in said.periods]
    for place, read in said.about.items():
        if kind in read.named:
            found.append(Event(place, read.named[kind], False))
        elif kind in read.own and not read.subject.is_name:
            found.append(Event(place, read.own[kind], True))
    return found


def _measures(one: Mention) -> bool:
    return all(kind == MEASURE for kind, _ in one.nouns)


def _is_generic(one: Mention) -> bool:
    return _measures(one) and all(name in GENERIC for _, name in one.nouns)
