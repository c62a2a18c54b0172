"""A page that is not built yet: it says honestly what it will do, and what works today."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.layout import PAGES
from components.words import muted


def coming(title: str, promise: str, parts: Sequence[tuple[str, str]]) -> None:
    """What the page will do, in its own words; the only control leads to what already works."""
    with st.container(width=760, gap="medium"):
        with st.container(gap="xsmall"):
            st.badge("Not built yet", icon=":material/construction:", color="gray")
            st.title(title, anchor=False)
            st.markdown(f":gray[{promise}]")
        with st.grid(2, min_column_width=300, gap="medium"):
            for name, what in parts:
                with st.container(gap="xxsmall"):
                    st.markdown(f"**{name}**  \n{muted(what)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(muted("What works today:"), width="content")
            st.page_link(PAGES["insight_lab"], label="Insight Lab", icon=":material/query_stats:")
            st.page_link(PAGES["governance"], label="Governance", icon=":material/shield_person:")
