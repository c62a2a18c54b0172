"""The ranks that a sentence tells: "highest", "sold most", "comes second", "more than any other".

"Most of", "at least", "the first quarter" and names of the data that hold such a word are none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from core.insight.talk.comparing import comparisons
from core.insight.talk.vocabulary import MEASURE, Token, Vocabulary, fold

TOP, BOTTOM, EITHER, SIZES, PLACING, PLACES, PERIODS, PARTS = (
    frozenset(words.split())
    for words in (
        "highest most largest biggest greatest top maximum",
        "lowest least smallest fewest bottom minimum",
        "best worst",  # the worst returns are the highest
        "most least largest smallest biggest greatest best worst more less larger smaller",
        "rank ranks ranked come comes came placed finished finishes",
        "place rank",
        "quarter half month week day year time",
        "tenth tenths decile deciles quartile quartiles percentile",
    )
)
ENDS = TOP | BOTTOM | EITHER
OPINIONS = (
    "recent recently likely probably often importantly notably notable interesting important"
    " striking relevant obvious part definitely certainly"
)
FOLLOWING = (
    "in by from with to at and while but for on there here among between during since when then"
    " after before over against where across as"
)
NO_RANK, AFTER_MOST = frozenset(OPINIONS.split()), frozenset(FOLLOWING.split())
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
IDIOMS = {
    *(("at", word) for word in ("most", "least", "best", "worst", "top", "bottom")),
    *(("not", "least"), ("but", "least"), ("on", "top"), ("top", "line"), ("bottom", "line")),
    *(("best", "guess"), ("best", "estimate"), ("best", "case"), ("worst", "case")),
    *(("most", "of"), ("least", "of")),
}

Way = tuple[bool, int]  # from the top, and how far, from one; or one of these two
ALL_OTHERS, OF_PARTS = 0, -1  # "more than the rest", "in the highest tenth": no place in a column


@dataclass(frozen=True)
class Rank:
    """A rank word: one of `ways` must hold; `loosely` is "one of the highest"."""

    place: int
    said: str
    ways: frozenset[Way]
    sized: bool = False  # changes may be ranked by their size
    loosely: bool = False


def ranks(said: Sequence[Token], words: Vocabulary) -> list[Rank]:
    """The ranks of a sentence, in order."""
    mentions = words.mentions(said)
    names = {one.place + at for one in mentions for at in range(len(one.said.split()))}
    measures = {one.place for one in mentions if any(kind == MEASURE for kind, _ in one.nouns)}
    found = [
        rank for at in range(len(said)) if at not in names and (rank := _rank(said, at, measures))
    ]
    return sorted([*found, *_over_all(said, names)], key=lambda one: one.place)


def _over_all(said: Sequence[Token], names: Collection[int]) -> Iterator[Rank]:
    for one in comparisons(said):
        if one.others and one.place not in names:
            ways = {(one.is_more, 1)} | (
                {(one.is_more, ALL_OTHERS)} if one.others == "rest" else set()
            )
            sized = fold(one.said) in SIZES
            yield Rank(one.place, f"{one.said} than", frozenset(ways), sized)


def _rank(said: Sequence[Token], at: int, measures: Collection[int]) -> Rank | None:
    """The rank that this word is, if it is one where it stands."""
    ordinal, _, word = said[at].word.casefold().rpartition("-")  # "second-highest"
    before = fold(said[at - 1].word) if at else ""
    after = fold(said[at + 1].word) if at + 1 < len(said) and said[at + 1].tight else ""
    if ordinal in ENDS and word.endswith(("ing", "ed")):
        ordinal, word = "", ordinal  # "best-selling"
    if ordinal and ordinal not in ORDINALS:
        return None
    if word in ORDINALS and not ordinal:
        return _placed(at, word, before, after)
    if word not in ENDS or {(before, word), (word, after)} & IDIOMS:
        return None
    if word == "most" and not _is_most(before, after, names_measure=at + 1 in measures):
        return None
    place = ORDINALS.get(ordinal or before, 1)
    if word in ("highest", "lowest") and any(fold(one.word) in PARTS for one in said):
        place = OF_PARTS  # of what the rows are ranked by, in "the lowest tenth and the highest"
    ways = {(top, place) for top, end in ((True, BOTTOM), (False, TOP)) if word not in end}
    lead = [fold(one.word) for one in said[max(0, at - 3) : at]]
    loosely = lead == ["one", "of", "the"] or "among" in lead
    return Rank(at, said[at].word, frozenset(ways), word in SIZES, loosely)


def _placed(at: int, word: str, before: str, after: str) -> Rank | None:
    """Second, as in "comes second" and "second place"; not in "the second highest"."""
    is_one = after in PLACES or (before in PLACING and after not in PERIODS)
    is_one = is_one and after not in ENDS
    return Rank(at, word, frozenset({(True, ORDINALS[word])})) if is_one else None


def _is_most(before: str, after: str, *, names_measure: bool) -> bool:
    """Whether "most" is a rank: "the most", "lost most", "most revenue", not "most regions"."""
    if after in NO_RANK:
        return False
    return before == "the" or not after or after in AFTER_MOST or names_measure
