"""Governance: the overview first, then one view per question."""

from __future__ import annotations

import streamlit as st

from components.govern.view import views
from components.layout import crumb, history

found = views()
asked = st.query_params.get("view", "overview")
name = asked if asked in found else "overview"
history(
    "Views",
    "governance",
    [({"view": key}, view.title, view.icon) for key, view in found.items()],
    current=("view", name),
)
crumb("Governance", found[name].title)
found[name].draw()
