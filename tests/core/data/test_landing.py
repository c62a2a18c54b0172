"""What a landing says about itself."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.data.landing import NULLS, ROWS_SHOWN, ReadOptions, Rejected


def test_rejected_rows_are_all_counted_and_the_first_are_shown():
    rejected = Rejected()
    for row in range(100):
        rejected.add(row, "x" * 9999, "too few fields")
    assert rejected.count == 100
    assert [one.row for one in rejected.examples] == list(range(ROWS_SHOWN))
    assert len(rejected.examples[0].text) == 500


def test_options_survive_json():
    options = ReadOptions(format="csv", delimiter=";", quote="", decimal=",", date_order="dmy")
    assert ReadOptions.model_validate_json(options.model_dump_json()) == options


def test_a_delimiter_is_one_character():
    with pytest.raises(ValidationError):
        ReadOptions(delimiter=",,")


def test_words_for_missing_are_lower_case():
    assert all(word == word.lower() for word in NULLS)
