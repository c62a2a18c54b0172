"""Governance: the overview first, then one view per question."""

from __future__ import annotations

import streamlit as st

from components.govern import approvals, health, limits, overview, runs, spend
from components.govern.views import VIEWS
from components.layout import crumb, history

DRAW = {
    "overview": overview.draw,
    "spend": spend.draw,
    "runs": runs.draw,
    "limits": limits.draw,
    "approvals": approvals.draw,
    "health": health.draw,
}
view = st.query_params.get("view", "overview")
view = view if view in DRAW else "overview"
history(
    "Views",
    "governance",
    [({"view": name}, title, icon) for name, (title, icon) in VIEWS.items()],
    current=("view", view),
)
crumb("Governance", VIEWS[view][0])
DRAW[view]()
