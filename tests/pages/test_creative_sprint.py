"""Creative Sprint is not built: it says so and offers nothing that does not work."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_creative_sprint_promises_and_pretends_nothing():
    at = screens.shell("creative_sprint")
    assert not at.exception
    assert "From a brief to a delivered film" in screens.text(at)
    assert not at.chat_input
    assert not [b for b in at.button if "stop" not in str(b.key)]
