"""The shapes every page is made of."""

from __future__ import annotations

import base64

from components import layout
from core.kernel.records import ENDED, OPEN
from tests import screens


def test_every_state_has_an_icon_and_only_trouble_has_a_colour():
    assert set(layout.ICON) >= {*ENDED, *OPEN}
    assert layout.state("done").startswith(":material/")
    assert layout.state("failed").startswith(":red[")


def test_a_meter_is_an_image_with_words_and_never_overflows():
    image = layout.meter(7.0, "Money left", "#2B3FD6")
    assert image.startswith("![Money left](data:image/svg+xml;base64,")
    svg = base64.b64decode(image.partition("base64,")[2].rstrip(")")).decode()
    assert 'width="52.0"' in svg


def test_figures_align_right_and_facts_have_no_heading():
    at = screens.script(
        "from components.layout import facts, figures\n"
        "figures(['Name', 'Cost'], [['a', '$1.00']], 'one')\n"
        "facts([('State', 'done')], 'two')"
    )
    assert not at.exception
    assert "| :-- | --: |" in at.markdown[0].value
    assert "| a | $1.00 |" in at.markdown[0].value
    assert ":gray[State]" in at.markdown[1].value


def test_a_section_says_its_note_beside_the_name():
    at = screens.script(
        "from components.layout import section\nwith section('Limits', 'held'):\n    st.write('x')"
    )
    assert at.markdown[0].value == "**Limits**  :small[:gray[held]]"


def test_another_body_takes_the_place_that_was_empty():
    at = screens.script(
        "import streamlit as st\nfrom components.layout import fresh\n"
        "with fresh(st.session_state.get('name', 'one')):\n    st.text('body')"
    )
    places = [at.session_state["body"]]
    at.run()
    places.append(at.session_state["body"])
    at.session_state["name"] = "two"
    at.run()
    places.append(at.session_state["body"])
    assert not at.exception
    assert places == [("one", 1), ("one", 1), ("two", 0)]
    assert [text.value for text in at.text] == ["body"]
