"""Which words of a sentence are ranks, and which only look like it."""

from __future__ import annotations

import pytest

from core.insight.talk.superlatives import ALL_OTHERS, OF_PARTS, ranks
from core.insight.talk.vocabulary import of, tokens

WORDS = of({"class": ["First Class", "Top Shop"]}, ["revenue", "lowest_price"])
TOP, BOTTOM = {(True, 1)}, {(False, 1)}


def found(text):
    return [(one.said, set(one.ways)) for one in ranks(list(tokens(text)), WORDS)]


@pytest.mark.parametrize(
    ("text", "ranked"),
    [
        ("the highest of all", [("highest", TOP)]),
        ("Biggest in [[a]] and SMALLEST in [[b]]", [("Biggest", TOP), ("SMALLEST", BOTTOM)]),
        ("the worst", [("worst", TOP | BOTTOM)]),
        ("the second highest", [("highest", {(True, 2)})]),
        ("the third-lowest", [("third-lowest", {(False, 3)})]),
        ("comes second", [("second", {(True, 2)})]),
        ("in third place", [("third", {(True, 3)})]),
        ("sold most, [[a]]", [("most", TOP)]),
        ("lost most in [[a]]", [("most", TOP)]),
        ("most revenue", [("most", TOP)]),
        ("the lowest tenth", [("lowest", {(False, OF_PARTS)})]),
        ("a tenth in all, the highest", [("highest", {(True, OF_PARTS)})]),
        ("less than any other", [("less than", BOTTOM)]),
        ("a higher price than the rest", [("higher than", {(True, 1), (True, ALL_OTHERS)})]),
    ],
)
def test_ranks_are_found_with_what_they_say(text, ranked):
    assert found(text) == ranked


@pytest.mark.parametrize(
    "text",
    [
        "most of it, at most, at least, at best, at worst, not least",
        "most regions, the most recent, most likely",
        "the first quarter, the second half, first of all, a third of it",
        "on top of it, the bottom line, a top-line number",
        "the First Class of the Top Shop at the lowest price",
        "more than [[a]], less than the day before",
        "",
    ],
)
def test_what_only_looks_like_a_rank_is_none(text):
    assert found(text) == []


def test_one_of_the_highest_is_said_loosely():
    loose = [one.loosely for one in ranks(list(tokens("one of the highest, the lowest")), WORDS)]
    assert loose == [True, False]
