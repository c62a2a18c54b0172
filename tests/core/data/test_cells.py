"""Nothing that leaves can start a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.cells import STARTERS, neutralise


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "=cmd|' /C calc'!A0",
        " =1",
        "\ufeff=1",
    ],
)
def test_a_text_that_would_run_gets_an_apostrophe(cell):
    assert neutralise(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-5, 1.5, None, True, "a=b", "", "North", "'=1", "5-3"])
def test_anything_else_is_left_alone(cell):
    assert neutralise(cell) == cell


@given(st.text())
def test_no_exported_text_begins_like_a_formula_and_none_is_lost(cell):
    safe = neutralise(cell)
    assert not safe.lstrip(" ").startswith(STARTERS)
    assert safe.removeprefix("'") == cell.removeprefix("'") or safe == "'" + cell
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([safe])
    assert next(csv.reader(io.StringIO(text.getvalue(), newline=""))) == [safe]
