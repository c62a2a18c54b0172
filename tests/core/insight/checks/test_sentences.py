"""A finished deck's own sentences are judged by what its pack holds."""

from __future__ import annotations

import pytest

from core.data.tables import open_tables
from core.insight.checks.recompute import Again
from core.insight.checks.sentences import subjects_of, wrong
from core.insight.checks.supply import Supply

RIGHT = "Revenue fell by [[1.change_revenue.share]], [[1.change_revenue.region]] lost most."
WRONG = "Revenue in the South fell by [[1.change_revenue.lost]]."


def judged(deck, files, folder):
    supply = Supply(deck, files, folder)
    with open_tables(supply.tables) as tables:
        return wrong(deck, Again(deck, supply, tables))


def test_only_the_wrong_sentence_is_named_with_the_reason(shop_at, tmp_path):
    deck = shop_at.deck(f"{RIGHT} {WRONG}")
    found = judged(deck, [("sales.csv", shop_at.file)], tmp_path)
    assert [sentence for sentence, _ in found] == [WRONG]
    assert "names 'South'" in found[0][1]


def test_a_sentence_put_on_the_summary_alone_is_judged_too(shop_at, tmp_path):
    deck = shop_at.deck(RIGHT)
    deck.slides[1].body.append(WRONG)
    assert judged(deck, [("sales.csv", shop_at.file)], tmp_path)


def test_nothing_is_said_of_sentences_where_the_data_is_not_there(shop_at, tmp_path):
    assert judged(shop_at.deck(WRONG), [], tmp_path) == []


def test_a_deck_knows_what_its_references_are_about_without_its_recipes(shop_at):
    subjects = subjects_of(shop_at.deck(RIGHT))
    assert "North" in subjects["1.change_revenue.lost"].label
    assert subjects["1.change_revenue.column"].is_name


@pytest.mark.parametrize("answer", ["", RIGHT])
def test_what_recipes_and_decks_say_themselves_is_fine(shop_at, tmp_path, answer):
    assert judged(shop_at.deck(answer), [("sales.csv", shop_at.file)], tmp_path) == []
