"""What core.tools.periods promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.tables import open_tables
from core.errors import Invalid
from core.tools.periods import PERIODS, OnePeriod, choose, label_sql, labels, moment_sql

DAYS = np.datetime64("2024-01-01") + np.arange(731)


@settings(deadline=None)  # a cold connection may take longer than the rest
@given(st.lists(st.integers(-20_000, 40_000), min_size=1, max_size=30))
def test_labels_are_the_same_in_sql_and_numpy(offsets):
    days = np.datetime64("1990-01-01") + np.array(offsets)
    listed = ", ".join(f"DATE '{day}'" for day in days)
    parts = ", ".join(f"{label_sql('d', period)} AS {period}" for period in PERIODS)
    with open_tables({}) as tables:
        grid = tables.query(f"SELECT {parts} FROM (SELECT unnest([{listed}]) AS d)")
    for at, period in enumerate(PERIODS):
        assert [row[at] for row in grid.rows] == list(labels(days, period))


def test_the_last_complete_period_is_compared_with_the_one_before_and_a_year_before():
    found = choose("quarter", "last", DAYS)
    assert (found.current, found.before, found.year_ago) == ("2025 Q4", "2025 Q3", "2024 Q4")
    assert not found.partial


def test_an_unfinished_period_is_left_aside():
    found = choose("quarter", "last", DAYS[:700])
    assert (found.current, found.partial) == ("2025 Q3", True)


def test_months_dated_on_their_first_day_are_complete():
    months = np.arange("2024-01", "2026-01", dtype="M8[M]").astype("M8[D]")
    assert choose("quarter", "last", months).current == "2025 Q4"
    assert choose("quarter", "last", months[:-1]).current == "2025 Q3"


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("2025 Q3", "2025 Q3"), ("Q3 2025", "2025 Q3"), ("2025q3", "2025 Q3"),
        ("3rd quarter 2025", "2025 Q3"), ("March 2025", "2025-03"), ("2025-03", "2025-03"),
        ("2025", "2025"), ("2025-W10", "2025-W10"), ("2025-03-04", "2025-03-04"),
        ("previous", "2025 Q3"),
    ],
)  # fmt: skip
def test_periods_are_understood_as_people_write_them(said, label):
    assert choose("auto", said, DAYS).current == label


@pytest.mark.parametrize(
    ("days", "period"),
    [(2_000, "year"), (731, "quarter"), (120, "month"), (30, "week"), (5, "day")],
)
def test_auto_follows_the_span(days, period):
    assert choose("auto", "last", np.datetime64("2020-01-01") + np.arange(days)).period == period


def test_a_period_outside_the_data_is_refused_with_the_range():
    with pytest.raises(Invalid, match="covers 2024 Q1 to 2025 Q4"):
        choose("quarter", "2030 Q1", DAYS)
    with pytest.raises(OnePeriod):
        choose("year", "last", DAYS[:100])


@pytest.mark.parametrize(
    ("kind", "value", "day"),
    [("VARCHAR", "2024-05", "2024-05-01"), ("VARCHAR", "2024-Q2", "2024-04-01"),
     ("BIGINT", 2024, "2024-01-01"), ("DATE", "2024-05-06", "2024-05-06")],
)  # fmt: skip
def test_texts_and_years_become_dates(made, kind, value, day):
    expression = moment_sql("t", kind, str(value))
    tables = made({"t": [value]})
    column = f'(SELECT CAST("t" AS {kind}) AS "t" FROM t)'
    found = tables.query(f"SELECT CAST({expression} AS DATE) AS d FROM {column}")
    assert found.rows == [[day]]
