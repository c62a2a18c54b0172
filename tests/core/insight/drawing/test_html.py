"""Words from data, people and models are shown, never run."""

from __future__ import annotations

import re

from core.insight.drawing.html import evidence, receipt_of, rows, sentence, table, text
from core.insight.render import Span, render


def test_everything_is_escaped_and_control_characters_are_gone():
    assert text("<b>&\"'\x00\u202e") == "&lt;b&gt;&amp;&quot;&#x27;"


def test_a_number_is_a_button_and_its_punctuation_stays_with_it(shop_at):
    deck = shop_at.deck()
    spans = render("In [[1.change_revenue.quarter]], it fell.", deck)
    made = sentence(spans, {"1.change_revenue.quarter": "c1"})
    assert '<span class="w"><button type="button" class="n" popovertarget="c1">2025 Q4' in made
    assert re.sub(r"<[^>]+>", "", made) == "In 2025 Q4, it fell."


def test_two_numbers_side_by_side_stay_two():
    spans = [Span(kind="number", text="1", claim="a"), Span(kind="number", text="2", claim="b")]
    assert sentence(spans, {"a": "c1", "b": "c2"}).count("<button") == 2


def test_the_sheet_behind_a_number_holds_query_row_hash_and_receipt(shop_at):
    deck = shop_at.deck()
    claim = deck.claims["1.change_revenue.lost"]
    made = evidence(deck, claim, "c9")
    asked = deck.queries[claim.evidence.query]
    assert text(asked.sql) in made
    assert claim.evidence.sql_hash in made
    assert deck.sources[0].hash in made
    assert "Found among" in made
    assert 'class="here"' in made


def test_a_description_shows_no_receipt(shop_at):
    deck = shop_at.deck()
    assert receipt_of(deck, deck.claims["1.orders.orders"]) is None
    assert "Found among" not in evidence(deck, deck.claims["1.orders.orders"], "c1")


def test_hostile_cells_are_only_text(shop_at):
    deck = shop_at.deck()
    made = rows(deck, deck.claims["1.change_revenue.lost"])
    assert "West &lt;b&gt;&amp;" in made
    assert "<b>&" not in made


def test_a_table_has_a_cell_for_each_cell():
    made = table(("A", "B"), [("<i>", "2")])
    assert made.count("<td") == 2
    assert "&lt;i&gt;" in made
