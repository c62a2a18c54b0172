"""The README's screenshots are small and complete."""

from __future__ import annotations

import pytest

from tests.browser.shots import BYTES_MAX, OUT


def test_no_screenshot_is_heavy():
    shots = list(OUT.glob("*.png"))
    if not shots:
        pytest.skip("No screenshots were taken yet: python -m tests.browser.shots")
    assert all(shot.stat().st_size < BYTES_MAX for shot in shots)
