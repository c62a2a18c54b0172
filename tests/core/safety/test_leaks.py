"""A prompt that is recited is noticed; a few of its words are nobody's secret."""

from __future__ import annotations

import pytest

from core.safety.leaks import HAN, KANA, LEAST, RUN, SCRIPTS, SEVERE, THAI, WHOLE, Leak

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


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (WHOLE - 1, ["medium"]), (WHOLE, ["medium", "severe"]), (SEVERE - 1, ["medium", "severe"]),
    ],
)  # fmt: skip
def test_a_short_prompt_is_severe_when_it_is_said_whole_and_not_before(count, said):
    prompt = WORDS[:count]
    assert severities(" ".join(prompt), " ".join(prompt)) == said
    assert severities(" ".join(prompt[1:]), " ".join(prompt)) == ["medium"]


@pytest.mark.parametrize(("script", "first"), [(HAN, 0x4E00), (KANA, 0x3042), (THAI, 0x0E01)])
def test_scripts_without_spaces_are_measured_in_signs(script, first):
    many = SCRIPTS[script]
    prompt = [chr(first + n % 40) + chr(first + n // 40) for n in range(50 * many)]
    text = "".join(prompt)
    for words, said in (
        (RUN - 1, []), (RUN, ["medium"]), (SEVERE - 1, ["medium"]), (SEVERE, ["medium", "severe"]),
    ):  # fmt: skip
        assert severities(" ".join(text[5 : 5 + words * many]), text) == said
    whole = text[: WHOLE * many]
    assert severities(" ".join(whole), whole) == ["medium", "severe"]
    assert severities(" ".join(whole), whole[:-1]) == ["medium"]
