"""Sentences whose numbers open their evidence.

Streamlit has popovers, but not inside a sentence, so this is a small element of our own. A click
(or Enter) opens the evidence in the browser's top layer without a server run; only Recompute goes
to Python, as a trigger with the claim's id. All text is written by textContent, never as HTML.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit.components.v2 as elements

HERE = Path(__file__).parent / "elements"
_element = elements.component(
    "studio_claims",
    html='<div id="root"></div>\n',
    css=(HERE / "claims.css").read_text(encoding="utf-8"),
    js=(HERE / "claims.js").read_text(encoding="utf-8"),
)


def claims(slide: dict[str, Any], evidence: dict[str, Any], key: str) -> str | None:
    """Draw a slide's words; the id of the claim to recompute, or None.

    `slide` is {kicker, title, body, caveats}: title is a list of spans, body and caveats lists of
    such lists, and a span is {text, claim?}. `evidence` is what `evidence.panel` gives by claim.
    """
    text = json.dumps({"slide": slide, "evidence": evidence})
    # As text: for a dict Streamlit looks for frames in it, and loads pandas to know one.
    return _element(data={"json": text}, key=key, on_recompute_change=_nothing).recompute


def _nothing() -> None:
    """Streamlit offers the trigger's value only where a callback is given."""
