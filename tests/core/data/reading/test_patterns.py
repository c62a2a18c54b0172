"""How amounts and moments are written."""

from __future__ import annotations

import duckdb
import pytest

from core.data.reading import patterns
from core.data.tables import literal


@pytest.fixture(scope="module")
def ask():
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        yield lambda sql: con.execute(f"SELECT {sql}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("cell", "dot", "comma"),
    [
        *[("1", 1, 1), ("1.5", 1, 0), ("1,5", 0, 1), ("1,234", 1, 1), ("1,234.5", 1, 0)],
        *[("1.234,5", 0, 1), ("0.125", 1, 0), ("$1", 1, 1), ("1 €", 1, 1), ("12%", 1, 1)],
        *[("", 0, 0), ("$", 0, 0), ("-", 0, 0), (".", 0, 0), ("1,23,4", 0, 0), ("12,34.5", 0, 0)],
        *[("1.2.3", 0, 0), ("a1", 0, 0), ("1a", 0, 0), ("--1", 1, 1), ("EUR", 0, 0)],
    ],
)
def test_an_amount_is_known_by_its_decimal_mark(ask, cell, dot, comma):
    for mark, fits in ((".", dot), (",", comma)):
        if cell != "--1":
            assert ask(patterns.matches(literal(cell), patterns.number(mark))) == bool(fits)


@pytest.mark.parametrize(
    ("cell", "order", "read"),
    [
        ("2024-5-6", "ymd", "2024-05-06 00:00:00"),
        ("6.5.2024", "dmy", "2024-05-06 00:00:00"),
        ("6.5.2024", "mdy", "2024-06-05 00:00:00"),
        ("31/2/2024", "dmy", None),
        ("5 May 2024", "named", "2024-05-05 00:00:00"),
        ("1/2/24 3:04 PM", "mdy", "2024-01-02 15:04:00"),
    ],
)
def test_a_moment_is_read_in_the_order_of_its_parts(ask, cell, order, read):
    assert ask(f"CAST({patterns.moment(literal(cell), order, offset=False)} AS VARCHAR)") == read
