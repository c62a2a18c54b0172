"""Periods are found however people write them, and "may" stays a verb."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.offline.periods import Period, dated, find


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("in the last quarter", Period("quarter")),
        ("last 3 months", Period("month")),
        ("this year", Period("year")),
        ("month over month", Period("month")),
        ("weekly revenue", Period("week")),
        ("per day", Period("day")),
        ("yesterday", Period("day")),
        ("in Q3 2025", Period("quarter", "2025 Q3")),
        ("2025-Q3", Period("quarter", "2025 Q3")),
        ("the third quarter of 2024", Period("quarter", "2024 Q3")),
        ("in Q2", Period("quarter", "Q2")),
        ("March 2025", Period("month", "2025-03")),
        ("in August", Period("month", "08")),
        ("2025-11", Period("month", "2025-11")),
        ("May 2025", Period("month", "2025-05")),
        ("in May", Period("month", "05")),
        ("on 2025-11-03", Period("day", "2025-11-03")),
        ("in 2024", Period("year", "2024")),
        ("may I see the revenue?", None),
        ("marching on", None),
        ("revenue by region", None),
        ("how many of 2000 rows", None),
    ],
)
def test_a_period_is_read(text, period):
    assert find(text) == period


@pytest.mark.parametrize(
    ("period", "last", "named"),
    [
        (Period("quarter", "Q3"), "2025-12-30", "2025 Q3"),
        (Period("quarter", "Q3"), "2025-06-30", "2024 Q3"),
        (Period("month", "08"), "2025-08-02", "2025-08"),
        (Period("month", "12"), "2025-08-02", "2024-12"),
        (Period("year", "2024"), "2025-08-02", "2024"),
        (Period("quarter"), "2025-08-02", "last"),
        (Period("quarter", "Q3"), "unknown", "Q3"),
    ],
)
def test_a_period_without_a_year_is_the_latest_one(period, last, named):
    assert dated(period, last).current == named


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_it(text):
    found = find(text)
    assert found is None or found.unit in ("day", "week", "month", "quarter", "year")
