"""The model is deterministic, counts its words, and keeps to its limit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import Message, tokens
from core.llm.offline.model import answer, pieces, shorten
from tests.core.llm.offline.examples import QUESTION, TOOLS, opening


def test_usage_is_what_the_rule_counts():
    asked = [Message(role="user", content="Who are you?")]
    made = answer(asked)
    assert made.usage.prompt == tokens.count_prompt(asked)
    assert made.usage.completion == tokens.count(made.text)
    called = answer(opening(QUESTION), TOOLS)
    assert called.usage.prompt == tokens.count_prompt(opening(QUESTION), TOOLS)
    assert called.usage.completion > 0
    assert called.finish_reason == "tool_calls"


@settings(deadline=None)
@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text):
    assert "".join(pieces(text)) == text


def test_too_long_an_answer_ends_at_a_sentence():
    text, whole = shorten("One two three. Four five six. Seven.", 8)
    assert (text, whole) == ("One two three. Four five six.", False)
    assert shorten("one two three", 2) == ("one two", False)
    made = answer([Message(role="user", content="Who are you?")], tokens_max=30)
    assert made.finish_reason == "length"
    assert made.text.endswith(".")
    assert made.usage.completion <= 30


def test_tools_it_does_not_know_how_to_use_do_not_make_it_guess():
    from tests.core.llm.parts import WEATHER

    assert shorten("one two three", 2) == ("one two", False)
    made = answer([Message(role="user", content="Weather in Paris?")], [WEATHER])
    assert made.tool_calls == []
    assert "offline model" in made.text
