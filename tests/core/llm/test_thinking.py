"""Thoughts and answers, however the pieces are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm.thinking import Thinking

WIDTHS = st.lists(st.integers(1, 9), min_size=1)


def split(text, widths):
    """Thought and answer, and the answer before the end was known."""
    thinking, at, found = Thinking(), 0, []
    while at < len(text):
        for width in widths:
            found.append(thinking.split(text[at : at + width]))
            at += width
    early = "".join(said for _, said in found)
    found.append(thinking.rest())
    return "".join(thought for thought, _ in found), "".join(said for _, said in found), early


@given(st.text("<think/> \nab"), st.text("<think/> \nab"), WIDTHS)
def test_thoughts_stand_before_the_answer_in_marks(thought, said, widths):
    if "</think>" in thought or (said and said[0] in " \n"):
        return
    text = f"\n <think>{thought}</think>\n\n{said}"
    assert split(text, widths) == (thought, said, said)


@given(st.text(), WIDTHS)
def test_any_other_text_is_the_answer_and_all_of_it(text, widths):
    if not text.lstrip().startswith("<think>"):
        assert split(text, widths)[:2] == ("", text)


@given(st.text("<think>ab"), WIDTHS)
def test_thoughts_that_never_end_are_no_answer(thought, widths):
    assert split(f"<think>{thought}", widths) == (thought, "", "")


@pytest.mark.parametrize("text", ["<", " <thin", "  "])
def test_what_could_become_a_mark_waits_for_the_end(text):
    assert split(text, [1]) == ("", text, "")
