"""A prompt that is recited is noticed; a few of its words are nobody's secret."""

from __future__ import annotations

import pytest

from core.safety.leaks import LEAST, RUN, SEVERE, Leak

WORDS = [f"word{n}" for n in range(100)]
PROMPT = " ".join(WORDS)


def severities(text, system=PROMPT):
    leak = Leak(system)
    return [found.severity for word in text.split(" ") if (found := leak.hear(f"{word} "))]


@pytest.mark.parametrize(
    ("count", "said"),
    [(RUN - 1, []), (RUN, ["medium"]), (SEVERE - 1, ["medium"]), (SEVERE, ["medium", "severe"])],
)
def test_how_many_words_in_a_row_are_how_bad(count, said):
    assert severities("so " + " ".join(WORDS[5 : 5 + count]) + " and so on") == said


def test_marks_capitals_and_lines_do_not_hide_it():
    assert severities("; ".join(WORDS[:20]).upper().replace(";", ",\n")) == ["medium"]


def test_the_same_words_in_another_order_are_no_leak():
    assert severities(" ".join(reversed(WORDS))) == []


def test_a_prompt_of_a_few_words_has_nothing_to_tell():
    short = " ".join(WORDS[: LEAST - 1])
    assert severities(short, short) == []
    whole = " ".join(WORDS[:LEAST])
    assert severities(whole, whole) == ["medium"]
    assert severities("anything", "") == []
