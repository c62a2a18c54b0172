"""Types, roles, spreads and pictures of columns."""

# ruff: noqa: E501 - long rows of SQL and data

from __future__ import annotations

import time

import duckdb
import pytest

from core.data.profile import BINS, COLUMNS_MAX, profile
from core.data.tables import literal, open_tables

SALES = """
SELECT 1000 + range AS order_id, 'C' || (range * 7 % 400) AS customer_id,
 DATE '2023-01-01' + (range // 4)::INTEGER AS day, strftime(DATE '2023-01-01' + (range // 4)::INTEGER, '%Y-%m') AS month,
 2023 + range // 1460 AS year, ['North', 'South', 'East'][1 + range % 3] AS region, range % 2 = 0 AS online,
 round(50 + 10 * sin(range), 2) AS revenue, 1 + range % 5 AS units, 'EUR' AS currency, NULL::VARCHAR AS nothing,
 'note number ' || hash(range) AS remark, 7000 + range % 300 AS zip_code, nullif(range % 10, 3)::DOUBLE AS gap
 FROM range(2920)
"""


@pytest.fixture
def ask(tmp_path):
    def described(select):
        file = tmp_path / "t.parquet"
        with duckdb.connect() as con:
            con.execute(f"COPY ({select}) TO {literal(file)} (FORMAT parquet)")
        with open_tables({"t": file}) as tables:
            return profile(tables, "t", "Sales")

    return described


def test_every_column_has_the_role_a_person_would_give_it(ask):
    made = ask(SALES)
    roles = {column.name: column.role for column in made.columns}
    assert roles == {
        "order_id": "id",
        "customer_id": "id",
        "day": "time",
        "month": "time",
        "year": "time",
        "region": "dimension",
        "online": "dimension",
        "revenue": "measure",
        "units": "measure",
        "currency": "constant",
        "nothing": "constant",
        "remark": "text",
        "zip_code": "id",
        "gap": "measure",
    }
    assert (made.rows, made.title, made.more) == (2920, "Sales", 0)


def test_numbers_are_described(ask):
    [units] = [column for column in ask(SALES).columns if column.name == "units"]
    assert (units.type, units.min, units.max, units.mean, units.distinct) == ("integer", 1, 5, 3, 5)
    assert units.quantiles["0.5"] == 3
    assert (len(units.spark), sum(units.spark)) == (BINS, 2920)


def test_missing_and_distinct_are_counted(ask):
    columns = {column.name: column for column in ask(SALES).columns}
    assert columns["gap"].missing == 292
    assert columns["nothing"].missing == 2920
    assert (columns["region"].distinct, columns["day"].distinct) == (3, 730)


def test_dimensions_show_shares_and_times_show_rows_over_time(ask):
    columns = {column.name: column for column in ask(SALES).columns}
    region, day = columns["region"], columns["day"]
    assert [(one.value, one.count) for one in region.top] == [
        ("North", 974),
        ("East", 973),
        ("South", 973),
    ]
    assert sum(region.spark) == pytest.approx(1)
    assert (day.min, day.max, sum(day.spark)) == ("2023-01-01", "2024-12-30", 2920)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT 1 AS a WHERE FALSE",
        "SELECT 1 AS a",
        "SELECT NULL::DOUBLE AS a, NULL::DATE AS b, NULL::VARCHAR AS c FROM range(5)",
        "SELECT 1e308 * (range % 2 * 2 - 1) AS a FROM range(9)",
        "SELECT TIMESTAMP '2024-01-01' AS a FROM range(9)",
        'SELECT 1 AS "say ""hi"" \'; DROP", 2 AS "{v}" FROM range(3)',
        "SELECT repeat('x', 100000) || range AS a FROM range(30)",
    ],
)
def test_odd_tables_are_described_too(ask, select):
    made = ask(select)
    assert made.columns
    assert made.model_dump_json()
    assert len(made.questions) == (3 if made.rows else 0)


def test_a_very_wide_table_is_described_in_part_and_says_so(ask):
    made = ask("SELECT " + ", ".join(f"{place} AS c{place}" for place in range(COLUMNS_MAX + 7)))
    assert (len(made.columns), made.more) == (COLUMNS_MAX, 7)


def test_a_hundred_thousand_rows_take_about_a_second(ask):
    columns = ", ".join(
        f"hash(range + {i}) / 1e15 AS m{i}, 'v' || range % {i + 5} AS d{i}" for i in range(10)
    )
    started = time.process_time()
    ask(f"SELECT {columns} FROM range(100000)")
    assert time.process_time() - started < 8  # CPU of both threads, on a busy machine
