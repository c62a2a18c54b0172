"""Charts are valid SVG whatever the data holds, and fit the phone."""

from __future__ import annotations

from math import isfinite
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.insight.drawing.marks import plot
from core.insight.drawing.svg import svg
from core.tools.evidence import Chart, Grid

KINDS = ["bar", "line", "scatter", "histogram", "waterfall"]
HOSTILE = "<script>alert(1)</script>&\"'"
cells = some.one_of(
    some.none(),
    some.integers(-(10**9), 10**9),
    some.floats(-1e15, 1e15),
    some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    rows=some.lists(some.tuples(cells, cells, cells), max_size=30),
    width=some.sampled_from([360, 720]),
)
def test_any_grid_draws_as_well_formed_svg(kind, rows, width):
    chart = Chart(kind=kind, title="T", query=0, x="x", y=["y", "z"])
    grid = Grid(columns=["x", "y", "z"], rows=[list(row) for row in rows])
    made = svg(plot(chart, grid), width)
    root = ET.fromstring(made)
    assert root.attrib["role"] == "img"
    places = [
        v for one in root.iter() for k, v in one.attrib.items() if k in {"x", "y", "cx", "cy"}
    ]
    assert all(isfinite(float(place)) for place in places)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_the_data_are_escaped(kind):
    chart = Chart(kind=kind, title=HOSTILE, query=0, x=HOSTILE, y=[HOSTILE + "y"], alt=HOSTILE)
    grid = Grid(columns=[HOSTILE, HOSTILE + "y"], rows=[[HOSTILE, 1], [HOSTILE + "2", 2]])
    made = svg(plot(chart, grid), 720)
    assert "<script" not in made
    assert ET.fromstring(made) is not None


def test_values_stand_beside_the_bars_as_the_deck_writes_them():
    chart = Chart(kind="bar", title="T", query=0, x="x", y=["y"], unit="USD", highlight=["North"])
    grid = Grid(columns=["x", "y"], rows=[["North", 1_234_567.5], ["South", -20.25]])
    made = svg(plot(chart, grid), 720)
    assert "1.23 million USD" in made
    assert "\u221220.2 USD" in made
    assert made.count('class="a"') == 1
    assert made.count('class="r"') == 1


def test_nothing_is_drawn_outside_a_narrow_picture():
    chart = Chart(kind="bar", title="T", query=0, x="x", y=["y"], unit="USD")
    grid = Grid(columns=["x", "y"], rows=[["A very long name of a segment " * 3, 5], ["B", -9]])
    root = ET.fromstring(svg(plot(chart, grid), 360))
    for rect in root.iter("rect"):
        assert float(rect.attrib["x"]) >= 0
        assert float(rect.attrib["x"]) + float(rect.attrib["width"]) <= 360
