"""The colours and faces of everything a deck becomes: page, HTML, PPTX. Quiet ink, one accent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FONTS = Path(__file__).parents[3] / "static" / "fonts"
SANS = "'Studio Sans', 'IBM Plex Sans', system-ui, sans-serif"
SERIF = "'Studio Serif', Georgia, serif"
MONO = "'Studio Mono', ui-monospace, monospace"
OFFICE_SANS, OFFICE_SERIF = "Calibri", "Georgia"  # on every machine that opens a PPTX


@dataclass(frozen=True)
class Palette:
    """One mode's colours, as #RRGGBB."""

    ground: str
    surface: str
    hairline: str
    ink: str
    quiet: str
    accent: str
    faint: str  # grid lines: visible, never louder than data
    rest: str  # marks that are not the point
    link: str
    series: tuple[str, ...]


LIGHT = Palette(
    ground="#FFFFFF",
    surface="#F3F4F7",
    hairline="#E1E3EA",
    ink="#14161C",
    quiet="#5B6170",
    accent="#2B3FD6",
    faint="#E8EAF0",
    rest="#C9CDD8",
    link="#2B3FD6",
    series=("#2B3FD6", "#E08A2E", "#14877A", "#C43D68", "#7C8596", "#7446BC"),
)
DARK = Palette(
    ground="#111319",
    surface="#1B1E27",
    hairline="#2B2F3B",
    ink="#E9EBF1",
    quiet="#9AA1B2",
    accent="#8795FF",
    faint="#2B2F3B",
    rest="#3A404F",
    link="#A3AEFF",
    series=("#8795FF", "#F0A453", "#3FBFAE", "#EC7196", "#8E97A9", "#B191F0"),
)
