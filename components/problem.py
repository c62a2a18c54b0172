"""What went wrong, what was kept, what to do next, and the code that finds it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.words import muted, plain
from core.errors import StudioError

LISTED = "Governance, Health lists it."


def show_problem(error: Exception) -> None:
    """An error of this page as a sentence. Details go to the log, found again by the code."""
    code = session.remember_error(error)
    if isinstance(error, StudioError):
        _box(error.message, error.hint, f"{error.code} · {code}", where=LISTED)
    else:
        message = "This page could not be shown."
        hint = "Nothing that ran or was stored is affected. Reload the page, or look up the code."
        _box(message, hint, code, where=LISTED)


def show_error(error: dict[str, Any], code: str, *, here: bool = False) -> None:
    """A task's or step's recorded error; `code` is the task it belongs to.

    `here`: the page is the one in Governance that the code leads to.
    """
    _box(
        str(error.get("message") or "It did not work."),
        str(error.get("hint") or ""),
        f"{error.get('code', 'error')} · {code}",
        where="" if here else "It is in Governance, where the whole run can be opened.",
    )


def _box(message: str, hint: str, code: str, *, where: str) -> None:
    with st.container(key=f"problem_{code.replace(' ', '')}"):
        st.error(
            plain(hint, 600) or plain(message, 600), title=plain(message, 300) if hint else None
        )
        if where:
            st.markdown(muted(f"Code {plain(code)}. {where}"), width="content")
