"""A chart's marks are the grid's own numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.insight.drawing.marks import MARKS_MAX, extent, label, plot, short, steps, ticks, words
from core.tools.evidence import Chart, Grid


def _chart(kind: str = "bar", **more) -> Chart:
    return Chart(kind=kind, title="T", query=0, x="x", y=["y"], **more)


def _grid(*rows, columns=("x", "y")) -> Grid:
    return Grid(columns=list(columns), rows=[list(row) for row in rows])


@given(some.lists(some.one_of(some.none(), some.floats(-1e12, 1e12)), max_size=MARKS_MAX))
def test_values_are_the_grids_own_and_in_its_order(values):
    drawn = plot(_chart(), _grid(*((f"n{i}", value) for i, value in enumerate(values))))
    assert drawn.series[0].values == values
    assert drawn.labels == [f"n{i}" for i in range(len(values))]


def test_rows_without_an_x_are_left_out_and_many_bars_are_counted():
    drawn = plot(_chart(), _grid((None, 1), *((f"n{i}", i) for i in range(MARKS_MAX + 3))))
    assert len(drawn.labels) == MARKS_MAX
    assert drawn.left_out == 3


def test_the_point_is_marked_by_the_text_of_its_x():
    drawn = plot(_chart(highlight=["b"]), _grid(("a", 1), ("b", 2)))
    assert drawn.hot == {1}
    assert drawn.emphasised
    assert not plot(_chart(), _grid(("a", 1))).emphasised


def test_bars_over_periods_stand_side_by_side():
    assert plot(_chart(), _grid(("2025 Q1", 1), ("2025 Q2", 2))).kind == "columns"
    assert plot(_chart(), _grid(("2025-01", 1), ("2025-02", 2))).kind == "columns"
    assert plot(_chart(), _grid(("North", 1), ("2025 Q2", 2))).kind == "bar"


def test_a_waterfall_starts_each_change_where_the_one_before_ended():
    rows = [("before", 100, "total"), ("a", -30, "part"), ("b", 10, "part"), ("after", 80, "total")]
    drawn = plot(_chart("waterfall"), _grid(*rows, columns=("x", "y", "kind")))
    bars = [(one.start, one.end, one.kind) for one in steps(drawn)]
    assert bars == [(0, 100, "total"), (100, 70, "fall"), (70, 80, "rise"), (0, 80, "total")]


def test_a_waterfall_without_levels_is_bars_from_zero():
    assert plot(_chart("waterfall"), _grid(("a", -30), ("b", 10))).kind == "bar"


@given(some.floats(-1e9, 1e9), some.floats(-1e9, 1e9))
def test_ticks_cover_what_they_measure(one, other):
    low, high = sorted((one, other))
    marks = ticks(low, high)
    slack = (marks[-1] - marks[0]) * 1e-9
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert 2 <= len(marks) <= 8


@pytest.mark.parametrize(
    ("value", "text"),
    [(2023, "2023"), (1234.5, "1,230"), ("2025-10-01T00:00:00", "2025-10-01"), ("A", "A")],
)
def test_labels_read_well(value, text):
    assert label(value) == text


def test_months_are_called_by_their_month():
    drawn = plot(_chart("line"), _grid(("2025-01-01", 1), ("2025-02-01", 2)))
    assert drawn.labels == ["2025-01", "2025-02"]
    assert drawn.x_kind == "date"


def test_small_parts_of_the_picture():
    assert short(1_500_000) == "1.5M"
    assert short(0.25) == "0.25"
    assert short(40, "%") == "40%"
    assert extent([3, None, 5], zero=False) == (3, 5)
    assert extent([], zero=True) == (0, 0)
    assert words("net_revenue") == "net revenue"


def test_what_is_not_a_number_leaves_a_gap():
    drawn = plot(_chart("line"), _grid(("a", float("nan")), ("b", True), ("c", "7"), ("d", 7)))
    assert drawn.series[0].values == [None, None, None, 7.0]
