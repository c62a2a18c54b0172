"""Chat is not built: it says so and offers nothing that does not work."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_chat_promises_and_pretends_nothing():
    at = screens.shell("chat")
    assert not at.exception
    assert "Conversations that show their work" in screens.text(at)
    assert not at.chat_input
    assert not [b for b in at.button if "stop" not in str(b.key)]
