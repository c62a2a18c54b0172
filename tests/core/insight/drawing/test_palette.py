"""Text and marks can be read in both modes."""

from __future__ import annotations

import pytest

from core.insight.drawing.palette import DARK, FONTS, LIGHT, Palette


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_words_reach_aa_and_marks_stand_out(tones: Palette):
    for ink in (tones.ink, tones.quiet, tones.accent, tones.link):
        assert _contrast(ink, tones.ground) >= 4.5
        assert _contrast(ink, tones.surface) >= 4.5
    assert _contrast(tones.accent, tones.rest) >= 3


def test_the_fonts_of_the_deck_are_in_the_house():
    assert (FONTS / "StudioSerif-600.woff2").exists()
    assert (FONTS / "OFL.txt").exists()
