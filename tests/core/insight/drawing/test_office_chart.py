"""Native charts of every kind, with safe texts in their workbooks."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.insight.drawing.marks import plot
from core.insight.drawing.office import CHART, blank
from core.insight.drawing.office_chart import number_format, place_chart, safe
from core.tools.evidence import Chart, Grid

ROWS = [["=1+1", 10.0, 4, "total"], ["http://x", -3.5, None, "part"], ["c", 6.5, 2, "total"]]


def _drawn(kind: str, y: list[str], x: str = "x"):
    grid = Grid(columns=["x", "y", "z", "kind"], rows=ROWS)
    return plot(Chart(kind=kind, title="T", query=0, x=x, y=y, unit="USD", highlight=["c"]), grid)


def _placed(drawn):
    made = blank()
    layout = next(one for one in made.slide_layouts if one.name == "Picture")
    page = made.slides.add_slide(layout)
    place = next(p for p in page.placeholders if p.placeholder_format.idx == CHART)
    frame = place_chart(place, drawn)
    made.save(io.BytesIO())
    return frame.chart


@pytest.mark.parametrize("kind", ["bar", "line", "histogram"])
def test_series_are_the_columns_of_the_grid(kind):
    chart = _placed(_drawn(kind, ["y", "z"] if kind != "histogram" else ["y"]))
    assert list(chart.plots[0].series[0].values) == [10.0, -3.5, 6.5]


def test_a_waterfall_floats_over_an_invisible_series():
    chart = _placed(_drawn("waterfall", ["y"]))
    start, level, change = (list(one.values) for one in chart.plots[0].series)
    assert start == [0, 6.5, 0]
    assert level == [10.0, None, 6.5]
    assert change == [None, 3.5, None]


def test_a_scatter_holds_both_coordinates():
    chart = _placed(_drawn("scatter", ["y"], x="y"))
    assert list(chart.plots[0].series[0].values) == [10.0, -3.5, 6.5]


@pytest.mark.parametrize("text", ["=1+1", "  =1", "{=1}", "http://x", "mailto:a", "EXTERNAL:x"])
def test_formulas_and_links_stay_text(text):
    assert safe(text).startswith("'")


def test_the_workbook_of_hostile_categories_has_no_formula_and_no_link():
    chart = _placed(_drawn("bar", ["y"]))
    book = zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_labels_have_the_digits_that_the_numbers_need():
    assert number_format(_drawn("bar", ["z"])).startswith("#,##0;")
    grid = Grid(columns=["x", "y"], rows=[["a", 2_500_000.5]])
    big = plot(Chart(kind="bar", title="T", query=0, x="x", y=["y"]), grid)
    assert '"M"' in number_format(big)
