"""A question's wish is read from its words."""

from __future__ import annotations

import pytest

from core.llm.offline.question import understand
from tests.core.llm.offline.examples import PROFILE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Why did revenue fall?", {"why": True, "open": True, "change": True}),
        ("What drives returns?", {"why": False, "open": True}),
        ("How many orders?", {"aggregate": "count", "open": False}),
        ("average revenue", {"aggregate": "mean"}),
        ("top 3 regions by revenue", {"top": 3, "extreme": True, "splits": True}),
        ("best five products", {"top": 5}),
        ("first quarter revenue", {"top": None}),
        ("Compare regions", {"splits": True, "change": False}),
        ("How does this year compare?", {"change": True}),
        ("Give me an overview", {"open": True}),
        ("", {"open": True}),
    ],
)
def test_a_wish_is_understood(text, said):
    wish = understand(text, PROFILE)
    assert {name: getattr(wish, name) for name in said} == said


def test_where_and_who_ask_for_a_dimension():
    assert "region" in understand("Where are sales highest?", PROFILE).named
    people = {"columns": [{"name": "sales_rep", "role": "dimension"}]}
    assert understand("Who sold most?", people).named == ["sales_rep"]
