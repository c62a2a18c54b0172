"""The overview answers the first questions without a click."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_four_figures_stand_on_top():
    at = screens.shell("governance")
    said = screens.text(at)
    for name in ("Spent today", "On hold", "Tokens today", "Running"):
        assert name in said


@pytest.mark.usefixtures("front")
def test_a_fresh_studio_offers_the_first_question():
    assert "Nothing has run yet" in screens.text(screens.shell("governance"))
