"""The palette of `.streamlit/config.toml` where code needs a colour, and which mode is on."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / ".streamlit" / "config.toml"
BRAND = ROOT / "static" / "brand"
Mode = Literal["light", "dark"]
ON_PRIMARY: dict[Mode, str] = {"light": "#FFFFFF", "dark": "#0B0D14"}  # also in studio.css
QUIET = "#8A93A8"  # sparklines: legible on both grounds


@cache
def palette(mode: Mode) -> dict[str, str]:
    """Every single colour of one mode by its name in the theme, e.g. "primaryColor"."""
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][mode]
    return {name: value for name, value in theme.items() if isinstance(value, str)}


def mode() -> Mode:
    """The mode the viewer sees; light until the browser has said."""
    return "dark" if st.context.theme.type == "dark" else "light"


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two `#RRGGBB` colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
