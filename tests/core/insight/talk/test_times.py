"""Periods in labels and periods in prose meet in the same marks."""

from __future__ import annotations

import pytest

from core.insight.talk import times
from core.insight.talk.vocabulary import tokens


def said(text):
    return [(one.said, set(marks)) for one, marks in times.mentions(list(tokens(text)))]


@pytest.mark.parametrize(
    ("label", "marks"),
    [
        ("2025 Q4", {"2025-Q4", "Q4", "quarter"}),
        ("Revenue, 2025-03", {"2025-03", "month 3", "month"}),
        ("2025-03-14T00:00:00", {"2025-03-14", "month 3", "day", "weekday 4"}),
        ("2025-W07", {"2025-W07", "week"}),
        ("2025", {"2025", "year"}),
        ("2025-13", {"2025-13", "year"}),
        ("2025-02-31", {"2025-02-31", "month 2", "day"}),
        ("12025-03", set()),
        ("North", set()),
    ],
)
def test_a_label_says_which_periods_it_is(label, marks):
    assert times.marks(label) == marks


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In March it was so.", [("March", {"month 3"})]),
        ("They march on, and they may stop.", []),
        ("May it be so.", []),
        ("It was less in May.", [("May", {"month 5"})]),
        ("On Mondays it was more.", [("Mondays", {"weekday 0"})]),
        ("The first quarter was good.", [("first quarter", {"Q1"})]),
        ("The previous month was not.", [("previous month", {"month"})]),
        ("A quarter of it, month by month, at last.", []),
        ("The last [[a]] quarter.", []),
    ],
)
def test_prose_names_periods_in_words(text, found):
    assert said(text) == found


def test_two_labels_a_year_apart_speak_of_a_year():
    assert "year" in times.all_marks(["2025 Q4", "2024 Q4", "North"])
    assert "year" not in times.all_marks(["2025 Q4", "2025 Q3"])


def test_only_a_date_is_a_day():
    assert times.is_day("2025-03-14")
    assert not times.is_day("2025-03")
    assert times.exactly("from 2025-03 to 2025 Q4") == {"2025-03", "2025-Q4"}
