"""The overview: what today cost against its limits, what waits, what runs, whether all is well."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.approval_card import approval_card
from components.govern.money import day_limit, remaining
from components.govern.view import View
from components.govern.views.health import parts_table
from components.govern.views.limits import limits_table
from components.layout import PAGES, section, state
from components.words import ago, count, muted, plain, titled, usd
from core import governance


def draw() -> None:
    """The whole view."""
    studio, org_id = session.studio(), session.person().org_id
    tasks = governance.tasks(studio.database, org_id, limit=8)
    waits = governance.waits(studio.database, org_id)
    _headline(waits)
    left, right = st.columns([3, 2], gap="large")
    with left.container(gap="medium"):
        with section("Limits", "spent, then on hold"):
            limits_table(remaining(), key="overview")
        with section("Latest runs"):
            _runs(tasks)
    with right.container(gap="medium"):
        with section("Approvals", _waiting(len(waits)) if waits else ""):
            for wait in waits[:3]:
                approval_card(wait, place="overview")
            if not waits:
                st.markdown(muted("Nothing waits for a person."))
        with section("Health", "checked now"):
            parts_table()


def headline_figures(waits: int) -> list[tuple[str, str, str]]:
    """(name, value, note) of the four figures on top."""
    studio, org_id = session.studio(), session.person().org_id
    limit = day_limit()
    tokens = next((r for r in remaining() if r.unit == "tokens" and r.period == "day"), None)
    running = governance.tasks(studio.database, org_id, state="open", limit=200)
    figures = []
    if limit is not None:
        figures.append(("Spent today", usd(limit.spent), f"of {usd(limit.max)}"))
        figures.append(("On hold", usd(limit.held), "for steps that run now"))
    if tokens is not None:
        figures.append(("Tokens today", count(tokens.spent), f"of {count(tokens.max)}"))
    figures.append(("Running", count(len(running)), _waiting(waits)))
    return figures


def _headline(waits: list[Any]) -> None:
    with st.grid(4, min_column_width=150, gap="medium"):
        for name, value, note in headline_figures(len(waits)):
            with st.container(gap=None):
                st.markdown(muted(name))
                st.markdown(f"## {plain(value)}")
                st.markdown(muted(note))


def _waiting(waits: int) -> str:
    if not waits:
        return "nothing waits for you"
    return "1 waits for you" if waits == 1 else f"{waits} wait for you"


def _runs(tasks: list[Any]) -> None:
    if not tasks:
        st.markdown(muted("Nothing has run yet."))
        st.page_link(PAGES["insight_lab"], label="Ask a question", icon=":material/query_stats:")
        return
    with st.container(gap=None):
        for task in tasks:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key=f"plain_{task.id}"
            ):
                st.page_link(
                    PAGES["governance"],
                    label=plain(titled(task.operation, task.input), 80),
                    query_params={"view": "runs", "task": task.id},
                    width="stretch",
                )
                note = f"{state(task.state)} · {usd(task.cost_nusd)} · {ago(task.created_at)}"
                st.markdown(muted(note), width="content")


VIEW = View("Overview", ":material/monitoring:", 10, draw)
