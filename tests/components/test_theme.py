"""The palette is legible: WCAG AA for text, 3:1 for what is only drawn."""

from __future__ import annotations

import re

import pytest

from components import theme

TEXT = [
    ("textColor", "backgroundColor"),
    ("textColor", "secondaryBackgroundColor"),
    ("grayTextColor", "backgroundColor"),
    ("grayTextColor", "secondaryBackgroundColor"),
    ("linkColor", "backgroundColor"),
    ("primaryColor", "backgroundColor"),
    ("primaryColor", "secondaryBackgroundColor"),
    ("codeTextColor", "codeBackgroundColor"),
    ("dataframeHeaderTextColor", "dataframeHeaderBackgroundColor"),
    *[(f"{hue}TextColor", "backgroundColor") for hue in ("red", "orange", "green", "blue")],
    *[(f"{hue}TextColor", f"{hue}BackgroundColor") for hue in ("red", "orange", "green", "blue")],
]
DRAWN = [("primaryColor", "backgroundColor"), ("orangeColor", "backgroundColor")]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_reaches_aa(mode, ink, ground):
    colours = theme.palette(mode)
    assert theme.contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_primary_button_reaches_aa(mode):
    assert theme.contrast(theme.ON_PRIMARY[mode], theme.palette(mode)["primaryColor"]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), DRAWN)
def test_what_is_drawn_can_be_seen(mode, mark, ground):
    colours = theme.palette(mode)
    assert theme.contrast(colours[mark], colours[ground]) >= 3
    assert theme.contrast(theme.QUIET, colours[ground]) >= 3


@pytest.mark.parametrize("sheet", ["studio.css", "elements/claims.css"])
def test_the_style_sheets_use_the_same_ink_on_the_accent(sheet):
    text = (theme.ROOT / "components" / sheet).read_text()
    pairs = set(re.findall(r"color: light-dark\((#\w{6}), (#\w{6})\)", text))
    assert (theme.ON_PRIMARY["light"], theme.ON_PRIMARY["dark"]) in pairs


def test_contrast_is_the_wcag_ratio():
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_nothing_of_the_theme_is_loaded_from_elsewhere():
    config = theme.CONFIG.read_text()
    assert "http" not in config
    for url in re.findall(r'url = "/assets/([^"]+)"', config):
        assert (theme.ROOT / "static" / url).is_file()
