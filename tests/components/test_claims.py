"""The element that opens evidence: registered, escaped, bound to its triggers."""

from __future__ import annotations

import pytest

from components import claims
from tests import screens


@pytest.mark.usefixtures("front")
def test_the_element_draws_in_a_page():
    at = screens.script(
        "from components.claims import claims\n"
        "slide = {'kicker': 'k', 'question': False, 'title': [{'text': 'A', 'claim': 'c1'}],"
        " 'body': [], 'caveats': []}\n"
        "st.code(str(claims(slide, {}, key='one')))"
    )
    assert not at.exception
    assert at.code[0].value == "None"


def test_text_is_never_written_as_html():
    script = (claims.HERE / "claims.js").read_text()
    for way in ("innerHTML", "insertAdjacentHTML", "outerHTML", "document.write"):
        assert way not in script
