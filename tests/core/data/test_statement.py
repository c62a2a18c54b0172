"""Which statements may run. The attacks themselves are in test_tables.py."""

from __future__ import annotations

import duckdb
import pytest

from core.data import statement
from core.errors import Invalid


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        yield opened


def test_a_select_over_known_tables_passes_in_any_case(con):
    statement.check(con, "SELECT * FROM Sales JOIN (SELECT 1 AS a) USING (a)", ["sales"])


def test_the_refusal_lists_the_tables_there_are(con):
    with pytest.raises(Invalid) as error:
        statement.check(con, "SELECT * FROM secrets", ["sales", "orders"])
    assert "secrets" in error.value.message
    assert "orders, sales" in error.value.hint


def test_a_name_in_another_schema_is_no_table(con):
    for name in ("pg_catalog.sales", "other.main.sales", "information_schema.sales"):
        with pytest.raises(Invalid):
            statement.check(con, f"SELECT * FROM {name}", ["sales"])


def test_a_statement_of_megabytes_is_refused(con):
    with pytest.raises(Invalid):
        statement.check(con, "SELECT '" + "x" * statement.SQL_CHARS_MAX + "'", ["sales"])


def test_a_syntax_error_says_what_is_wrong(con):
    with pytest.raises(Invalid) as error:
        statement.check(con, "SELECT FROM WHERE", ["sales"])
    assert "syntax error" in error.value.message
