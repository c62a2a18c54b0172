"""What core.tools.sheet promises."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from core.tools.sheet import Sheet, bar, figure, key_of, opening, spoken, unit_of
from core.tools.statistics.association import Verdict


class Params(BaseModel):
    table: str = "t"


def test_a_sheet_keeps_queries_tests_and_findings_in_order(made):
    sheet = Sheet("r", Params(), made({"x": [1, 2, 3]}))
    query = sheet.ask("Rows", 'SELECT count(*) AS "rows" FROM t')
    name = sheet.test("a", "m", Verdict(0.2, 0.5, 3), "SD", 0.1)
    figures = {"rows": figure("Rows", query, "rows")}
    sheet.finding("k", "{rows} rows", figures=figures, tests=[name])
    sheet.note("left out")
    sheet.note("left out")
    outcome = sheet.outcome()
    assert sheet.cell(query, "rows") == 3
    assert sheet.rows(query) == [{"rows": 3}]
    assert [t.name for t in outcome.tests] == outcome.findings[0].tests == ["a"]
    assert outcome.notes == ["left out"]


def test_a_number_cannot_be_typed_into_a_finding(made):
    sheet = Sheet("r", Params(), made({"x": [1]}))
    with pytest.raises(ValueError, match="types a number"):
        sheet.finding("k", "There are 3 rows")


@pytest.mark.parametrize(
    ("name", "said", "opened", "unit"),
    [("revenue_usd", "revenue usd", "Revenue usd", "USD"), ("x", "x", "X", "")],
)
def test_columns_are_spoken_as_people_say_them(name, said, opened, unit):
    assert (spoken(name), opening(name), unit_of(name)) == (said, opened, unit)


def test_keys_are_plain_whatever_a_column_is_called():
    assert key_of("Umsatz €", "by", 'x"; DROP') == "umsatz___by_x___drop"
    assert key_of("€") == "x"


def test_a_bar_chart_marks_what_is_named():
    assert bar("T", 0, "segment", "value", ["a"]).highlight == ["a"]
