"""A number is a number in any words."""

from __future__ import annotations

import pytest

from core.insight.talk.numerals import spelled


@pytest.mark.parametrize(
    "text",
    [
        "Amount tripled to it.",
        "It was cut in half.",
        "Amount HALVED.",
        "Twice as much.",
        "It is double that of May.",
        "A fivefold rise.",
        "It is a third of what it was.",
        "Two fifths of all orders.",
        "It fell by a quarter of its size.",
        "One quarter less than before.",
        "Die Menge fiel um zwölf Prozent.",
        "Der Umsatz hat sich verdoppelt.",
        "Le chiffre a été divisé par deux.",
        "Bajó a la mitad.",
        "È raddoppiato.",
        "Caiu pela metade.",
    ],
)
def test_numbers_in_words_are_found(text):
    assert spelled(text)


@pytest.mark.parametrize(
    "text",
    [
        "One region and the other two.",
        "In the third quarter North lost most.",
        "A quarter later it rose again.",
        "The first of them, and the second.",
        "Once more.",
        "Double Espresso sold most in Sept, at cent prices for all tiers.",
        "Every month of the year.",
    ],
)
def test_ordinary_words_count_nothing(text):
    assert spelled(text) == ""
