"""Any name can be quoted, any value written."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.tables import Tables, literal, open_tables, quote


def write(path: Path, select: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO {literal(path)} (FORMAT parquet)")
    return path


@given(name=st.text(min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_any_name_can_be_quoted(tmp_path_factory, name):
    if "\0" in name or not name.strip() or not name.isprintable():
        return
    file = tmp_path_factory.getbasetemp() / "any.parquet"
    if not file.exists():
        write(file, "SELECT 1 AS a")
    with open_tables({name: file}) as opened:
        assert opened.rows(name) == 1
        assert opened.query(f"SELECT 1 AS {quote(name)}").columns == [name]


@given(
    value=st.one_of(
        st.text(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.none()
    )
)
@settings(max_examples=100, deadline=None)
def test_any_value_can_be_written(value):
    if isinstance(value, str) and "\0" in value:
        return
    with Tables({}, 64, 1, None) as opened:
        found = opened.query(f"SELECT {literal(value)} AS v").rows[0][0]
    expected = None if isinstance(value, float) and not math.isfinite(value) else value
    assert found == expected
