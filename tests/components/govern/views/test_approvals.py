"""An empty queue explains itself."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_an_empty_queue_says_what_would_stand_here():
    at = screens.shell("governance", view="approvals")
    assert not at.exception
    assert "holds no money" in screens.text(at)
