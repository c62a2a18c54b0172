"""Plotly figures hold the same numbers as every other picture of the chart, in both modes."""

from __future__ import annotations

import pytest

from components.chart import CONFIG, alt, figure
from core.insight.drawing.palette import DARK, LIGHT
from core.tools.evidence import Chart, Grid

GRID = Grid(
    columns=["x", "y", "z"], rows=[["North", 10.5, 1], ["South", -4.0, 2], ["West", None, 3]]
)


def _chart(kind: str, **more) -> Chart:
    return Chart(kind=kind, title="T", query=0, x="x", y=["y"], unit="USD", **more)


@pytest.mark.parametrize("kind", ["bar", "line", "scatter", "histogram", "waterfall"])
def test_every_kind_draws_the_grids_numbers(kind):
    made = figure(_chart(kind), GRID)
    trace = made.data[0]
    values = trace.x if kind in {"bar", "waterfall"} else trace.y
    assert list(values) == [10.5, -4.0, None]


def test_the_point_is_in_the_accent_and_the_rest_is_quiet():
    made = figure(_chart("bar", highlight=["South"]), GRID)
    assert list(made.data[0].marker.color) == [LIGHT.rest, LIGHT.accent, LIGHT.rest]
    dark = figure(_chart("bar", highlight=["South"]), GRID, dark=True)
    assert list(dark.data[0].marker.color) == [DARK.rest, DARK.accent, DARK.rest]


def test_values_are_written_as_on_the_slides():
    assert list(figure(_chart("bar"), GRID).data[0].text)[:2] == ["10.5 USD", "\u22124 USD"]


def test_two_series_are_named_and_coloured_apart():
    chart = Chart(kind="line", title="T", query=0, x="x", y=["y", "z"])
    made = figure(chart, GRID)
    assert [trace.name for trace in made.data] == ["y", "z"]
    assert made.data[0].line.color != made.data[1].line.color
    assert [note.text for note in made.layout.annotations] == ["y", "z"]


def test_waterfall_bars_float():
    rows = [["a", 10, "total"], ["b", -4, "part"], ["c", 6, "total"]]
    grid = Grid(columns=["x", "y", "kind"], rows=rows)
    made = figure(_chart("waterfall"), grid)
    assert list(made.data[0].base) == [0, 10, 0]
    assert list(made.data[0].x) == [10, -4, 6]


def test_there_are_words_for_those_who_cannot_see_it():
    said = alt(_chart("bar", alt="Revenue by region"), GRID)
    assert said.startswith("Revenue by region. North: 10.5 USD")
    assert figure(_chart("bar", alt="A"), GRID).layout.meta["alt"] == "A"


def test_the_mode_bar_is_off():
    assert CONFIG["displayModeBar"] is False
