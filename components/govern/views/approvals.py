"""The queue of questions to a person."""

from __future__ import annotations

import streamlit as st

from components import session
from components.approval_card import approval_card
from components.govern.view import View
from components.layout import section
from components.words import count, muted
from core import governance


def draw() -> None:
    """Every open question of the organisation, the most urgent first."""
    waits = governance.waits(session.studio().database, session.person().org_id)
    with section("Approvals", count(len(waits), "open question") if waits else ""):
        if not waits:
            st.markdown(
                muted(
                    "Nothing waits. A step that needs a person's word parks its task here; the "
                    "task holds no money and no place while it waits."
                )
            )
        with st.container(width=620, gap="small"):
            for wait in waits:
                approval_card(wait, place="queue")


VIEW = View("Approvals", ":material/approval:", 50, draw)
