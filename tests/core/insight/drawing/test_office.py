"""The master, the layouts and the theme are ours, and text fits XML."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as some

from core.insight.drawing.office import LAYOUTS, blank, clean


def test_a_blank_presentation_has_our_layouts_and_can_be_opened_again():
    from pptx import Presentation

    out = io.BytesIO()
    blank().save(out)
    made = Presentation(io.BytesIO(out.getvalue()))
    assert [layout.name for layout in made.slide_layouts] == list(LAYOUTS)
    for layout in made.slide_layouts:
        assert {p.placeholder_format.idx for p in layout.placeholders} >= {0, 13}


def test_no_placeholder_leaves_the_page():
    for places in LAYOUTS.values():
        for place in places:
            x, y, wide, high = place.box
            assert x > 0
            assert x + wide <= 13.333
            assert y + high <= 7.5


@given(some.text())
def test_any_text_becomes_text_that_xml_holds(text):
    from lxml import etree

    element = etree.Element("t")
    element.text = clean(text)
    assert not any("\u202a" <= letter <= "\u202e" for letter in clean(text))
