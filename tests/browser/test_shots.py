"""The README's screenshots are small and complete."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import ROOT
from tests.browser.shots import BYTES_MAX, OUT


def test_no_screenshot_is_heavy():
    shots = list(OUT.glob("*.png"))
    if not shots:
        pytest.skip("No screenshots were taken yet: python -m tests.browser.shots")
    assert all(shot.stat().st_size < BYTES_MAX for shot in shots)


def test_every_screenshot_that_the_readme_shows_is_there():
    shown = re.findall(r"\((docs/shots/[^)]+)\)", (ROOT / "README.md").read_text())
    assert shown
    assert [path for path in shown if not (ROOT / path).is_file()] == []
