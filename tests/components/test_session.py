"""One studio a process, a person a browser, a code for every page error."""

from __future__ import annotations

import pytest

from components import session
from core.errors import NotFound
from tests import screens


def test_the_open_studio_is_the_one_that_was_handed_in(front):
    assert session.studio() is front
    assert session.opened() is front
    assert session.open_once() is front


@pytest.mark.usefixtures("front")
def test_the_owner_is_signed_in_on_loopback_only():
    at = screens.script(
        "from components import session\nst.write(session.is_local(), session.person().role)"
    )
    assert not at.exception
    assert "owner" in screens.text(at)


@pytest.mark.usefixtures("front")
def test_a_browser_session_is_a_scope_that_pays():
    at = screens.script(
        "from components import session\n"
        "st.code(' '.join(session.who().scopes))\nst.code(session.session_id())"
    )
    assert f"session:{at.code[1].value}" in at.code[0].value


@pytest.mark.usefixtures("front")
def test_a_page_error_is_found_again_by_its_code():
    at = screens.script(
        "from components import session\n"
        "from core.errors import NotFound\n"
        "st.code(session.remember_error(NotFound('gone')))"
    )
    code = at.code[0].value
    line = next(line for line in session.page_errors() if line["code"] == code)
    assert line["error"] == NotFound.__name__
