"""What opens behind a number."""

from __future__ import annotations

from types import SimpleNamespace

from components.lab import evidence


def test_a_slide_is_spans_and_only_numbers_carry_claims(deck):
    words = evidence.slide_words(deck.slides[1], deck, "2")
    assert words["title"] == [
        {"text": "R20"},
        {"text": " brings "},
        {"text": "20", "claim": "1.top.value"},
    ]


def test_the_panel_shows_the_row_the_number_is_read_from(deck):
    panel = evidence.slide_evidence(deck.slides[1], deck, recompute=True)["1.top.value"]
    assert panel["rows"][panel["row"]] == ["R20", "20"]
    assert panel["columns"][panel["column"]] == "revenue"
    assert len(panel["rows"]) == evidence.ROWS_MAX
    assert panel["shown"] == "12 of 30 rows"
    assert panel["sql"].startswith("SELECT region")
    assert "shop.csv (abababababab)" in panel["sources"]
    assert panel["recompute"] is True


def test_the_receipt_says_how_much_was_looked_at(deck):
    panel = evidence.slide_evidence(deck.slides[1], deck, recompute=False)["1.top.value"]
    assert ("Found among", "12 tests") in panel["receipt"]
    assert ("q", "< 0.001") in panel["receipt"]


def test_a_receipt_in_one_line(deck):
    line = evidence.receipt_line(deck.receipts[0])
    assert line == "found among 12 tests, q < 0.001, effect +0.6 (SD), asked directly"
    assert evidence.receipt_line(None) == ""
    description = SimpleNamespace(description=True)
    assert "no test" in evidence.receipt_line(description)


def test_a_number_without_its_query_opens_nothing(deck):
    deck.queries.clear()
    assert evidence.slide_evidence(deck.slides[1], deck, recompute=True) == {}
