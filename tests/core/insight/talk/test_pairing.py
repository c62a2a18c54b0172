"""Each number must be able to belong to a name it is of."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.insight.talk.pairing import Event, fits

WIDE = frozenset({"a", "b"})


def events(text, wide=""):
    """Capitals are names, the same letters in small are their numbers; a space is a word."""
    return [
        Event(at, WIDE if c in wide else frozenset({c.lower()}), c.islower())
        for at, c in enumerate(text)
        if c != " "
    ]


@pytest.mark.parametrize(
    "text",
    ["", "A", "a", "ab", "AB", "Aa", "aA", "AaBb", "aAbB", "Aa bB", "a  AB  b", "ABab", "abAB",
     "Aaa Bbb", "AaBbAa", "ABCabc", "ABabab", "Aab", "A a b", "a b B", "AB a", "A Bb", "BA b"],
)  # fmt: skip
def test_a_sentence_that_can_be_read_rightly_is_fine(text):
    assert fits(events(text))


@pytest.mark.parametrize(
    "text",
    ["Ab", "bA", "AbBa", "bAaB", "Ab aB", "b  AB  a", "ABba", "baAB", "Abb Baa", "Aab Bba",
     "AabBba", "abA", "Abc", "Aba Bba", "ABCacb"],
)  # fmt: skip
def test_a_number_beside_the_wrong_name_is_not(text):
    assert not fits(events(text))


def test_periods_may_be_named_last_first():
    assert not fits(events("ABba"))
    assert fits(events("ABba"), back=True)


def test_a_number_of_both_names_may_stand_by_either():
    assert fits(events("AdBb", wide="d"))
    assert fits(events("AaBd", wide="d"))


@settings(deadline=None)  # a busy machine is no fault
@given(st.sampled_from(["".join(one) for one in permutations("AaBb")]), st.data())
def test_two_names_cannot_change_places_with_both_readings_right(order, data):
    """However far apart the words are."""
    text = "".join(c + " " * data.draw(st.integers(0, 9)) for c in order)
    assert not (fits(events(text)) and fits(events(text.translate(SWAPPED))))


SWAPPED = str.maketrans("AB", "BA")
