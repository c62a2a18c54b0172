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


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("[[1.change_revenue.region]] lost least.", "says 'least'"),
        ("The smallest loss was [[1.change_revenue.lost]].", "says 'smallest'"),
        ("Revenue was [[1.change_revenue.after]], more than [[1.change_revenue.before]].", "more"),
        ("Revenue fell by [[1.change_revenue.share]] because of rain.", "tells a cause"),
        ("It will be [[1.change_revenue.after]] again.", "tells the future"),
    ],
)
def test_ranks_causes_and_forecasts_are_judged_as_they_were_when_they_were_said(
    shop_at, tmp_path, sentence, why
):
    found = judged(shop_at.deck(f"{RIGHT} {sentence}"), [("sales.csv", shop_at.file)], tmp_path)
    assert [text for text, _ in found] == [sentence]
    assert why in found[0][1]


def test_a_rank_is_judged_by_all_rows_and_not_by_those_that_the_deck_kept(shop_at, tmp_path):
    deck = shop_at.deck("The largest loss was [[1.change_revenue.lost]].")
    kept = deck.queries[deck.claims["1.change_revenue.lost"].evidence.query].grid
    kept.rows[:] = [[*row[:-1], -1e9] if row[0] != "North" else row for row in kept.rows]
    assert judged(deck, [("sales.csv", shop_at.file)], tmp_path) == []


def test_of_a_recipe_that_cannot_run_again_no_rank_is_known(shop_at, tmp_path):
    deck = shop_at.deck("[[1.change_revenue.region]] lost least.")
    deck.looks[0].version = "another"
    assert judged(deck, [("sales.csv", shop_at.file)], tmp_path) == []


def test_nothing_is_said_of_sentences_where_the_data_is_not_there(shop_at, tmp_path):
    assert judged(shop_at.deck(WRONG), [], tmp_path) == []


def test_a_deck_knows_what_its_references_are_about_without_its_recipes(shop_at):
    subjects = subjects_of(shop_at.deck(RIGHT))
    assert "North" in subjects["1.change_revenue.lost"].label
    assert subjects["1.change_revenue.column"].is_name


@pytest.mark.parametrize("answer", ["", RIGHT])
def test_what_recipes_and_decks_say_themselves_is_fine(shop_at, tmp_path, answer):
    assert judged(shop_at.deck(answer), [("sales.csv", shop_at.file)], tmp_path) == []
