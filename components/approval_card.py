"""A question to a person: exactly what would run, what it may cost, and two buttons bound to it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.layout import PAGES, facts
from components.words import ago, clock, muted, named, plain
from core.errors import StudioError


def approval_card(wait: Any, *, place: str) -> None:
    """One open question with Approve and Reject. `place` keeps keys apart when drawn twice."""
    key = f"{place}_{wait.task_id}_{wait.seq}"
    with st.container(border=True, key=f"approval_{key}", gap="xsmall"):
        until = f"until {clock(wait.deadline_at)}"
        st.markdown(
            f"**{plain(wait.question, 300)}**  \n{muted(f'Task {wait.task_id[:8]} · {until}')}"
        )
        if wait.shows:
            facts([(plain(named(name)), _value(value)) for name, value in wait.shows.items()], key)
        if wait.digest:
            st.markdown(muted(f"Your answer binds to exactly this: `{wait.digest[:12]}`"))
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            _button("Approve", "approved", wait, key, is_main=True)
            _button("Reject", "rejected", wait, key, is_main=False)
            st.page_link(PAGES["task"], label="Open", query_params={"task": wait.task_id})


def answered(wait: Any) -> str:
    """A closed question in words: "approved by Ada, 3 min ago"."""
    by = f" by {plain(wait.by)}" if wait.by else ""
    return f"{wait.verdict}{by}, {ago(wait.at)}"


def _button(word: str, verdict: str, wait: Any, key: str, *, is_main: bool) -> None:
    st.button(
        word,
        key=f"{verdict}_{key}",
        type="primary" if is_main else "secondary",
        on_click=_answer,
        args=(wait.task_id, wait.seq, verdict, wait.digest),
    )


def _answer(task_id: str, seq: int, verdict: str, digest: str) -> None:
    try:
        session.studio().answer(session.person(), task_id, seq, verdict, digest)
    except StudioError as error:
        st.toast(plain(error.message), icon=":material/error:")
    else:
        st.toast(f"{verdict.capitalize()}.", icon=":material/check_circle:")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return plain(", ".join(f"{k}: {v}" for k, v in value.items()))
    if isinstance(value, list):
        return plain(", ".join(str(item) for item in value))
    return plain(value)
