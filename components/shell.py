"""The frame around every page: theme, sign-in, navigation, the bar that is always there.

This is the Streamlit main script. It must not live beside `pages/`, or a deep link as the first
visit would run Streamlit's old multipage mode and skip this file and its sign-in.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components import session, sign_in, topbar  # noqa: E402
from components.layout import keep_address  # noqa: E402
from components.problem import show_problem  # noqa: E402
from components.theme import BRAND, mode  # noqa: E402

PAGES = {
    "insight_lab": (
        "Insight Lab",
        "query_stats",
        "Ask a question of your data; get a deck whose every number shows its evidence.",
    ),
    "creative_sprint": (
        "Creative Sprint",
        "movie_edit",
        "From brief to approved film, with versions, checks and cost at every stage.",
    ),
    "chat": (
        "Chat",
        "forum",
        "Talk to an assistant, or build one. Sources, steps and cost under every answer.",
    ),
    "governance": (
        "Governance",
        "shield_person",
        "Spend against limits, approvals, runs and every step they took.",
    ),
    "task": ("Task", "task_alt", "One operation: its form, its progress, its result."),
}

st.set_page_config(page_title="Lewis Studio", page_icon=str(BRAND / "icon.svg"), layout="wide")
st.html(ROOT / "components" / "studio.css")
st.html(f"<style>:root {{ color-scheme: {mode()}; }}</style>")  # popovers hang outside the app
st.logo(str(BRAND / f"wordmark-{mode()}.svg"), size="large", icon_image=str(BRAND / "icon.svg"))
page = st.navigation(
    [
        st.Page(
            ROOT / "pages" / f"{name}.py",
            title=title,
            icon=f":material/{icon}:",
            url_path=name.replace("_", "-"),
            default=name == "insight_lab",
            visibility="hidden" if name == "task" else "visible",
            help=help_text,
        )
        for name, (title, icon, help_text) in PAGES.items()
    ],
    expanded=True,
    position="sidebar" if session.signed_in() else "hidden",
)
st.session_state["person"] = session.signed_in()
if st.session_state["person"] is None:
    sign_in.wall()
else:
    keep_address()
    topbar.draw(page.title)
    topbar.pulse()
    with st.container(key="page", gap="medium"):
        try:
            page.run()
        except Exception as error:  # noqa: BLE001 - the one error boundary of all pages
            show_problem(error)
