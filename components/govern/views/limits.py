"""Every limit above the signed-in person, those of policies too, and where it stands."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import streamlit as st

from components.govern.money import daily, remaining, whose
from components.govern.table import table
from components.govern.view import View
from components.layout import figures, section
from components.theme import mode, palette
from components.words import clock, count, muted, usd

NEAR = 0.85
WIDE = 150


def draw() -> None:
    """The view: bars first, then the exact lines."""
    limits = [*remaining(), *daily()]
    with section("Limits", "a step that would pass one is refused before it runs"):
        limits_table(limits, key="limits")
    with section("Exact", "amounts as the ledger holds them"):
        table(
            [
                {
                    "limit": whose(limit),
                    "unit": "USD" if limit.unit == "nusd" else limit.unit,
                    "max": _exact(limit, limit.max),
                    "spent": _exact(limit, limit.spent),
                    "held": _exact(limit, limit.held),
                    "left": _exact(limit, limit.left),
                    "resets": clock(limit.resets_at),
                }
                for limit in limits
            ],
            key="limits",
            columns={
                "limit": st.column_config.TextColumn("Limit", width="medium"),
                "unit": st.column_config.TextColumn("Unit", width="small"),
                "max": st.column_config.NumberColumn("At most"),
                "spent": st.column_config.NumberColumn("Spent"),
                "held": st.column_config.NumberColumn("On hold"),
                "left": st.column_config.NumberColumn("Left"),
                "resets": st.column_config.TextColumn("Resets"),
            },
            alt="Every limit with what is spent, held and left",
            empty="No limits are set.",
        )


def limits_table(limits: Sequence[Any], *, key: str) -> None:
    """One line a limit: its bar, what is taken of it, when it starts anew."""
    windows = [limit for limit in limits if limit.period != "request"]
    if not windows:
        st.markdown(muted("No limits are set."))
        return
    figures(
        ["", "Taken", "Of", "Resets"],
        [
            [
                f"{bar(limit)} {whose(limit)}{'' if limit.unit == 'nusd' else ', tokens'}",
                amount(limit, limit.spent + limit.held),
                amount(limit, limit.max),
                clock(limit.resets_at) or "never",
            ]
            for limit in windows
        ],
        f"limits_{key}",
    )


def bar(limit: Any) -> str:
    """Spent in the accent, held in grey, orange when it is nearly full. The text says it too."""
    most = limit.max or 1
    spent, taken = limit.spent / most, (limit.spent + limit.held) / most
    colours = palette(mode())
    accent = colours["orangeColor"] if taken >= NEAR else colours["primaryColor"]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="12">'
        f'<rect y="3" width="{WIDE}" height="6" rx="3" fill="#8A91A3" fill-opacity=".22"/>'
        f'<rect y="3" width="{WIDE * min(taken, 1):.1f}" height="6" rx="3" fill="#8A91A3"/>'
        f'<rect y="3" width="{WIDE * min(spent, 1):.1f}" height="6" rx="3" fill="{accent}"/></svg>'
    )
    coded = base64.b64encode(svg.encode()).decode()
    return f"![{min(taken, 9.99):.0%} taken](data:image/svg+xml;base64,{coded})"


def amount(limit: Any, value: int) -> str:
    """`$1.20` or `9,400`."""
    return usd(value) if limit.unit == "nusd" else count(value)


def _exact(limit: Any, value: int) -> float | int:
    return value / 1e9 if limit.unit == "nusd" else value


VIEW = View("Limits", ":material/speed:", 40, draw)
