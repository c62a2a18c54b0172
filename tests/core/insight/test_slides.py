"""A deck that types a number or refers to nothing cannot exist."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from core.insight.slides import Deck, listed, read_with


def _forged(shop_at, change):
    raw = json.loads(shop_at.deck().model_dump_json())
    change(raw)
    return Deck.model_validate(raw)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["slides"][2].update(title="Revenue rose by 40%"),
        lambda raw: raw["slides"][2]["body"].append("By [[7.other.number]]."),
        lambda raw: raw["slides"][2].update(caveats=["Since 1999."]),
        lambda raw: raw["answer"].append("It is 42."),
        lambda raw: raw["queries"].clear(),
        lambda raw: raw["claims"]["1.change_revenue.share"].update(id="1.change_revenue.lost"),
    ],
)
def test_a_forged_deck_does_not_load(shop_at, change):
    with pytest.raises(ValidationError):
        _forged(shop_at, change)


def test_a_source_remembers_how_it_was_read(shop_at):
    source = shop_at.source()
    assert source.columns == ["day", "region", "revenue"]
    assert source.rows == 600
    assert ("delimiter", "comma") in read_with(source)
    assert ("header", "yes") in read_with(source)


def test_many_names_are_cut_with_a_count():
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
