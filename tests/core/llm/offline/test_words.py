"""Stems, synonyms and small typos meet; different words do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.offline.words import is_typo, likeness, split, stem, telling


@pytest.mark.parametrize(
    "forms",
    [
        ("price", "prices", "pricing", "priced"),
        ("category", "categories"),
        ("drop", "drops", "dropped", "dropping"),
        ("related", "relation", "relations"),
        ("distribution", "distributed"),
        ("missing", "missingness"),
        ("region", "regions", "regional"),
        ("loss", "losses"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms):
    assert len({stem(form) for form in forms}) == 1


def test_different_words_keep_different_stems():
    words = ["sales salary revenue region return units unit", "price margin market month"]
    assert len({stem(word) for line in words for word in line.split()}) >= 10


@pytest.mark.parametrize(
    ("one", "other"), [("revenue", "turnover"), ("sales", "revenue"), ("client", "customers")]
)
def test_synonyms_are_alike(one, other):
    assert likeness(stem(one), stem(other)) == 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [("reveneu", "revenue"), ("regoin", "region"), ("discont", "discount"), ("chanel", "channel")],
)
def test_a_slip_is_forgiven(one, other):
    assert is_typo(one, other)
    assert likeness(stem(one), stem(other)) >= 0.7


@pytest.mark.parametrize(
    ("one", "other"), [("cost", "most"), ("store", "score"), ("month", "south"), ("rate", "date")]
)
def test_neighbours_in_spelling_are_not_taken_for_each_other(one, other):
    assert likeness(stem(one), stem(other)) == 0


def test_names_are_taken_apart():
    assert split("unitPrice_USD 2025") == ["unit", "price", "usd", "2025"]
    assert telling("What is the price of it?") == [stem("price")]


@settings(deadline=None)
@given(st.text(), st.text())
def test_likeness_is_even_handed(one, other):
    for a in split(one):
        for b in split(other):
            assert likeness(a, b) == likeness(b, a)
            assert 0 <= likeness(a, b) <= 1
