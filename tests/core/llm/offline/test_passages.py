"""Sentences that answer are quoted with their source, or it is said that none does."""

from __future__ import annotations

import pytest

from core.llm.offline.passages import NO_EVIDENCE, quoted

NUMBERED = """[1] The studio opens at nine. It has four rooms.
[2] Refunds are paid within fourteen days. Shipping is free above fifty euros.

Question: When are refunds paid?"""
TAGGED = """<passage id="handbook p. 3">Holiday requests go to the team lead. Be kind.</passage>
<passage id="memo">The cantina is closed on Fridays.</passage>
Who gets a holiday request?"""


def test_the_answering_sentence_is_quoted_with_its_source():
    assert quoted(NUMBERED, NUMBERED) == "Refunds are paid within fourteen days. [2]"
    made = quoted(TAGGED, TAGGED)
    assert made == "Holiday requests go to the team lead. [handbook p. 3]"


@pytest.mark.parametrize("question", ["Who won the cup?", "How tall is the tower?"])
def test_no_answer_is_said_and_not_invented(question):
    text = f"[1] Refunds are paid within fourteen days.\n\nQuestion: {question}"
    assert quoted(text, text) == NO_EVIDENCE


def test_without_passages_there_is_nothing_to_quote():
    assert quoted("When are refunds paid?", "When are refunds paid?") == ""


def test_every_quote_is_verbatim():
    made = quoted(NUMBERED, NUMBERED).removesuffix(" [2]")
    assert made in NUMBERED
