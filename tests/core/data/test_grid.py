"""Answers as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.data.grid import Grid, scalar

GRID = Grid(columns=["region", "n"], rows=[["North", 1], ["South", 2], ["South", 3]])


def test_a_cell_is_found_by_the_values_of_its_row():
    assert GRID.cell({"region": "North"}, "n") == 1
    assert GRID.cell({"region": "South", "n": 3}, "n") == 3


@pytest.mark.parametrize(
    ("where", "column"),
    [
        ({"region": "South"}, "n"),
        ({"region": "East"}, "n"),
        ({}, "n"),
        ({"region": "North"}, "x"),
        ({"x": 1}, "n"),
    ],
)
def test_a_cell_that_is_not_exactly_one_is_a_key_error(where, column):
    with pytest.raises(KeyError):
        GRID.cell(where, column)


def test_every_value_becomes_json():
    values = [
        1,
        True,
        None,
        "x",
        1.5,
        float("nan"),
        float("-inf"),
        Decimal("1.50"),
        Decimal(10) ** 30,
    ]
    values += [Decimal("NaN"), date(2024, 5, 6), datetime(2024, 5, 6, tzinfo=UTC), time(10, 30)]
    values += [timedelta(days=1), b"ab", {"a": (1, float("inf"))}, [Decimal("2.5")]]
    found = [scalar(value) for value in values]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found[5:11] == [None, None, 1.5, 10**30, None, "2024-05-06"]
    assert found[-3:] == ["6162", {"a": [1, None]}, [2.5]]
