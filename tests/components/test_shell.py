"""The frame: four pages, the wall, one error boundary."""

from __future__ import annotations

import pytest

from components import session
from tests import screens


@pytest.mark.parametrize("page", ["", "creative_sprint", "chat", "governance", "task"])
@pytest.mark.usefixtures("front")
def test_every_page_stands_in_the_frame(page):
    at = screens.shell(page)
    assert not at.exception
    assert any("**" in element.value for element in at.markdown)


def test_a_studio_that_others_reach_shows_the_wall_and_nothing_else(front):
    session.use(screens.reachable(front))
    at = screens.shell()
    assert [title.value for title in at.title] == ["Sign in"]
    assert not at.button
    assert not at.chat_input
    assert "left today" not in screens.text(at)


@pytest.mark.usefixtures("front")
def test_an_error_of_a_page_is_a_sentence_with_a_code():
    at = screens.shell("governance", view="runs", task="f" * 32)
    assert not at.exception
    assert len(at.error) == 1
    assert "Code" in screens.text(at)
