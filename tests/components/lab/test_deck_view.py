"""Slides on the page."""

from __future__ import annotations

from components.lab.deck_view import on_page
from tests import screens


def test_the_title_slide_is_left_to_the_exports(deck):
    assert [(n, slide.key) for n, slide in on_page(deck)] == [(2, "1.top")]


def test_the_chart_library_is_asked_for_ahead():
    at = screens.script("from components.lab.deck_view import warm_charts\nwarm_charts()")
    assert not at.exception
    assert len(at.get("plotly_chart")) == 1


def test_a_slide_draws_its_words_its_chart_and_its_receipt(front, deck):
    front.deck_of_the_test = deck
    at = screens.script(
        "from components import session\n"
        "from components.lab.deck_view import draw_slide\n"
        "deck = session.studio().deck_of_the_test\n"
        "draw_slide(2, deck.slides[1], deck, recompute=True)"
    )
    assert not at.exception
    assert "found among 12 tests" in screens.text(at)
    assert len(at.get("plotly_chart")) == 1
