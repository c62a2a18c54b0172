"""Numbers stand only where a reference puts them, whoever wrote the sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import Invalid
from core.insight.render import (
    HEDGES,
    Known,
    check_answer,
    plain,
    plain_title,
    receipt_line,
    render,
    split,
)

KNOWN = {"1.change_revenue.share", "2.top.region"}


def test_references_become_spans_that_know_their_claim(shop_at):
    deck = shop_at.deck()
    spans = render("It fell by [[1.change_revenue.share]] in all.", deck)
    assert [span.kind for span in spans] == ["text", "number", "text"]
    assert spans[1].claim == "1.change_revenue.share"
    assert spans[1].text == deck.claims["1.change_revenue.share"].text


def test_names_are_verbatim_even_when_they_look_like_references(shop_at):
    deck = shop_at.deck()
    text = plain("The column [[1.change_revenue.column]].", deck)
    assert text == "The column revenue_[[x]]_2025."


def test_counts_of_the_method_are_references_too(shop_at):
    assert plain("Looked at: [[method.tests]].", shop_at.deck()) == "Looked at: 2."


def test_a_reference_to_nothing_is_refused(shop_at):
    with pytest.raises(Invalid, match="does not hold"):
        render("[[9.nothing.here]]", shop_at.deck())


def test_the_title_slide_keeps_the_persons_own_digits(shop_at):
    deck = shop_at.deck()
    assert plain_title(deck.slides[0], deck) == "Why did revenue fall in the last quarter of 2025?"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Revenue fell by 12% in [[2.top.region]].", "types a number"),
        ("Revenue fell by \u0661\u0662 in [[2.top.region]].", "types a number"),
        ("Revenue fell by \u00bd in [[2.top.region]].", "spells a number"),
        ("Revenue fell by \u2463 in [[2.top.region]].", "spells a number"),
        ("Revenue fell by twelve percent in [[2.top.region]].", "spells a number"),
        ("Revenue fell in [[3.other.region]].", "not in the evidence"),
        ("Revenue fell in [[2.top.region]]. Everybody knows why.", "rests on no evidence"),
        ("Revenue fell [[2.top.region", "types a number"),
    ],
)
def test_what_a_model_may_not_write_is_refused_with_the_sentence(text, word):
    with pytest.raises(Invalid, match=word) as caught:
        check_answer(text, KNOWN)
    assert caught.value.hint


def test_sentences_with_references_and_hedges_pass():
    text = (
        "Revenue fell by [[1.change_revenue.share]], most of it in [[2.top.region]]. "
        "The data show what happened, not why."
    )
    assert len(check_answer(text, KNOWN)) == 2
    for hedge in HEDGES:
        assert check_answer(hedge.capitalize(), KNOWN)


def test_a_sentence_that_a_finding_says_needs_no_reference_of_its_own():
    known = Known({"1.a.b": "5"}, ["It is [[1.a.b]]. One of ten would be usual"])
    assert len(check_answer("It is [[1.a.b]]. One of ten would be usual.", known)) == 2
    with pytest.raises(Invalid):
        check_answer("One of twenty would be usual.", known)
    with pytest.raises(Invalid, match="types a number"):
        check_answer("It is 5.", Known({}, ["It is 5."]))


def test_a_verbatim_quote_of_a_source_needs_no_reference():
    source = "Please note that the shop in town was closed."
    assert check_answer('"the shop in town was closed"', KNOWN, quotes=[source])
    with pytest.raises(Invalid):
        check_answer('"the shop in town was open"', KNOWN, quotes=[source])


def test_dots_inside_references_do_not_end_sentences():
    text = "It is [[1.change_revenue.share]]. Then [[2.top.region]]! And so?\nNew line"
    assert split(text) == [
        "It is [[1.change_revenue.share]].",
        "Then [[2.top.region]]!",
        "And so?",
        "New line",
    ]


@given(some.text(max_size=200))
def test_no_text_with_a_digit_outside_a_reference_ever_passes(text):
    try:
        sentences = check_answer(text, KNOWN)
    except Invalid:
        return
    assert not any(letter.isdigit() for letter in " ".join(sentences) if letter not in "12")


def test_the_receipt_says_how_much_was_looked_at(shop_at):
    receipt = next(one for one in shop_at.deck().receipts if one.supported)
    line = receipt_line(receipt)
    assert line.startswith("Found among 2 tests · q < 0.001 · effect \u22120.8 SD")
    assert line.endswith("asked directly")
