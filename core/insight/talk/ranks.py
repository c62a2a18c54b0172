"""A rank that a model's own sentence tells must be the rank that its reference has.

"South has the lowest amount, [[r]]" needs an r that is the lowest of its column; where a column
does not rank it, its label or a finding must. A rank is of the next reference of its clause, or of
what the clause names; where it has neither, of the clause before or after. Of two ranks the first
is not of a later reference than the second: so one cannot take the place of the other.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TypeVar

from core.errors import Invalid
from core.insight.render import split
from core.insight.talk.comparing import Comparison, compared, comparisons
from core.insight.talk.subjects import Reading, Subject
from core.insight.talk.superlatives import Rank, Way, ranks
from core.insight.talk.vocabulary import MEASURE, Mention, Token, Vocabulary, fold, tokens
from core.insight.talk.wording import DENIALS

DENIAL_WORDS = 4  # a denial at most so many words before a rank is of the rank
BREAKS = frozenset({"and", "but", "while", "whereas", "though", "although", "yet"})
NEAR_MAX = 8  # references that one rank may be of, and clauses on each side of it
Marked = TypeVar("Marked", Rank, Comparison)
HINT = "Use the finding's own words, or refer to the number that has this rank."


def check_ranks(
    text: str, said: Collection[str], subjects: Mapping[str, Subject], words: Vocabulary
) -> None:
    """No sentence tells a rank, or which is more, that its numbers do not have. Raises Invalid.

    Sentences that findings say themselves (`said`) are fine as they are.
    """
    for sentence in split(text):
        if sentence.rstrip(".!? ") in said:
            continue
        if why := fault(sentence, said, subjects, words):
            raise Invalid(f"The sentence {sentence[:160]!r} {why}", hint=HINT)


def fault(
    sentence: str, said: Collection[str], subjects: Mapping[str, Subject], words: Vocabulary
) -> str:
    """What the sentence ranks otherwise than its numbers are; nothing when all is well."""
    told = _Sentence(list(tokens(sentence)), said, subjects, words)
    for one in (*told.ranks, *comparisons(told.tokens)):
        if told.denies(one):
            return f"denies a rank: {one.said!r}."
    if not told.fits():
        spoken = ", ".join(repr(one.said) for one in told.ranks)
        return f"says {spoken}; nothing it refers to is that."
    for one in comparisons(told.tokens):
        if not one.others and not told.bears(one):
            return f"says '{one.said} than'; nothing it refers to says so."
    return ""


@dataclass(frozen=True)
class _Sentence:
    tokens: list[Token]
    said: Collection[str]
    subjects: Mapping[str, Subject]
    words: Vocabulary

    @cached_property
    def ranks(self) -> list[Rank]:
        return ranks(self.tokens, self.words)

    @cached_property
    def ids(self) -> list[int]:
        """Places of references that stand for a cell; the name of a column has no rank."""
        known = self.subjects
        return [one.place for one in self.tokens if one.id in known and known[one.id].label]

    def denies(self, one: Rank | Comparison) -> bool:
        """Whether "not" or the like stands right before, in the same clause."""
        at = one.place
        while at and self.tokens[at].tight and one.place - at < DENIAL_WORDS:
            at -= 1
        words = [w.word.casefold().replace("\u2019", "'") for w in self.tokens[at : one.place]]
        return "only" not in words and any(w in DENIALS or w.endswith("n't") for w in words)

    def fits(self) -> bool:
        """Whether every rank is of a reference beside it, in at least one reading."""
        if not self.ranks or self._in_turn():
            return True
        last = -1
        for rank in self.ranks:
            ends = [run[-1] for run in self._runs(rank) if self._proves(rank, run)]
            last = min((end for end in ends if end >= last), default=-1)
            if last < 0:
                return False
        return True

    def bears(self, one: Comparison) -> bool:
        """Whether its references bear the comparison out, or else a finding says it of one."""
        known = compared(self.tokens, one, self.subjects, self.words)
        if known is not None:
            return known
        beside = [at for at in self.ids if at < one.place][-1:]
        beside += [at for at in self.ids if at > one.place][:1]
        told = [_more(self.tokens[at].id, self.said) for at in beside]
        return {one.is_more} in told

    def _in_turn(self) -> bool:
        """Highest and lowest are [[a]] and [[b]]."""
        alone = [next(run) for _, run in groupby(self._refs, key=self._row)]
        return len(alone) == len(self.ranks) and all(
            self._proves(rank, [at]) for rank, at in zip(self.ranks, alone, strict=True)
        )

    @cached_property
    def _refs(self) -> list[int]:
        """Places of references that may have a rank: not what is only the whole of another."""
        ranked = {at for at in self.ids if self._is_ranked(self.tokens[at].id)}
        looks = {_look(self.tokens[at].id) for at in ranked}
        return [at for at in self.ids if at in ranked or not self._is_whole(at, looks)]

    def _is_whole(self, at: int, looks: Collection[str]) -> bool:
        id = self.tokens[at].id
        return self.subjects[id].is_name or _look(id) in looks

    def _is_ranked(self, id: str) -> bool:
        stands = any(one.is_ranked for one in self.subjects[id].stands)
        return stands or bool(self._labelled(id) or self._told(id))

    def _row(self, at: int) -> tuple[str, int]:
        """The row that a reference is read from: a name and its number share one."""
        id = self.tokens[at].id
        ranked = (one for one in self.subjects[id].stands if one.is_ranked)
        return next(((one.query, one.row) for one in ranked), (id, 0))

    def _runs(self, rank: Rank) -> Iterator[list[int]]:
        """The references that the rank may be of: the next on each side, or several together."""
        scope = self._scope(rank)
        yield from ([at] for at in sorted(at for at in scope if at < rank.place)[-1:])
        yield from ([at] for at in sorted(at for at in scope if at > rank.place)[:1])
        yield from (run for run in self._beside(rank) if len(run) > 1 and scope & {*run})

    def _scope(self, rank: Rank) -> set[int]:
        """References of the rank's clause; if it has none, of the clauses on both sides."""
        own = bisect(self._clauses, rank.place) - 1
        before = [*range(own)][: -NEAR_MAX - 1 : -1]
        after = [*range(own + 1, len(self._clauses))][:NEAR_MAX]
        sides = [next(filter(None, map(self._within, side)), set()) for side in (before, after)]
        return self._within(own) or set[int]().union(*sides)

    def _within(self, clause: int) -> set[int]:
        """References in a clause; if it has none, those that are of what it names."""
        start, end = [*self._clauses, len(self.tokens)][clause : clause + 2]
        held = {at for at in self._refs if start <= at < end}
        named = {one for name in self._mentions if start <= name.place < end for one in name.nouns}
        return held or {at for at, nouns in self._nouns.items() if named & nouns}

    @cached_property
    def _nouns(self) -> dict[int, set[tuple[str, str]]]:
        """Place of a reference -> the members that it is of."""
        owns = {at: Reading(self.subjects[self.tokens[at].id], self.words).own for at in self._refs}
        return {
            at: {(kind, name) for kind, names in own.items() for name in names if kind != MEASURE}
            for at, own in owns.items()
        }

    @cached_property
    def _mentions(self) -> list[Mention]:
        return [one for one in self.words.mentions(self.tokens) if not one.weak]

    @cached_property
    def _clauses(self) -> list[int]:
        """Where clauses begin: behind punctuation, and at "and", "while" and the like."""
        return [
            one.place
            for one in self.tokens
            if not (one.place and one.tight) or fold(one.word) in BREAKS
        ]

    def _beside(self, rank: Rank) -> Iterator[list[int]]:
        """The reference before it, or after it, with those that "and" or its row joins to it."""
        taken = {one.place for one in self.ranks}
        before = [at for at in self._refs if at < rank.place]
        for beside in (before[::-1], [at for at in self._refs if at > rank.place]):
            run, rows = list[int](), set[tuple[str, int]]()
            for at in beside[:NEAR_MAX]:
                between = range(min(at, *run) + 1, max(at, *run)) if run else range(0)
                joined = any(fold(self.tokens[one].word) == "and" for one in between)
                if taken & {*between} or (run and not (joined or self._row(at) in rows)):
                    break
                rows.add(self._row(at))
                run = sorted([*run, at])
                yield run

    def _proves(self, rank: Rank, run: Sequence[int]) -> bool:
        """Whether the reference has the rank; several must be the first ones of their column."""
        if len(run) == 1:
            return self._has(self.tokens[run[0]].id, rank)
        rows = [*{self._row(at): self.subjects[self.tokens[at].id].stands for at in run}.values()]
        first = range(1, len(rows) + 1)
        for column in {(one.query, one.column) for one in rows[0]}:
            alike = [one for row in rows for one in row if (one.query, one.column) == column]
            if not len(rows) == len(alike) < len(alike[0].values):
                continue  # of another column, or all there are, which is no rank
            for top, place in rank.ways:
                held = [
                    any(one.is_at(n, top=top, sized=rank.sized) for n in first) for one in alike
                ]
                if place == 1 and all(held):
                    return True
        return False

    def _has(self, id: str, rank: Rank) -> bool:
        """By its column, or a number's label; where it has no column, by what findings say."""
        stands = [one for one in self.subjects[id].stands if one.is_ranked]
        if self._labelled(id) & rank.ways and not (stands and self.subjects[id].is_name):
            return True
        if not stands:
            told = self._told(id)
            return bool(told) and told <= rank.ways
        return any(
            one.is_among(top=top, sized=rank.sized)
            if rank.loosely
            else one.is_at(place, top=top, sized=rank.sized)
            for one in stands
            for top, place in rank.ways
        )

    def _labelled(self, id: str) -> set[Way]:
        found = ranks(list(tokens(self.subjects[id].label)), self.words)
        return {way for rank in found for way in rank.ways}

    def _told(self, id: str) -> set[Way]:
        """The ranks that findings' own sentences say beside the reference."""
        found: set[Way] = set()
        for said, at in _saying(id, self.said):
            for rank in _next(ranks(said, self.words), at):
                found |= rank.ways
        return found


def _more(id: str, said: Collection[str]) -> set[bool]:
    """Whether findings' own sentences say beside the reference that it is more, or less."""
    return {
        one.is_more
        for words, at in _saying(id, said)
        for one in _next(list(comparisons(words)), at)
    }


def _saying(id: str, said: Collection[str]) -> Iterator[tuple[list[Token], int]]:
    """The findings' sentences that hold the reference, and its place."""
    for sentence in said:
        if f"[[{id}]]" in sentence:
            words = list(tokens(sentence))
            yield words, next(one.place for one in words if one.id == id)


def _next(some: Sequence[Marked], at: int) -> list[Marked]:
    """The last one before the place, and the first one after it."""
    before, after = ([one for one in some if (one.place > at) == late] for late in (False, True))
    return before[-1:] + after[:1]


def _look(id: str) -> str:
    return id.split(".", maxsplit=1)[0]
