"""The open studio of this process, and who is looking at the page."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import StudioError
from core.serve.sign_in import COOKIE
from core.storage.database import new_id, now

if TYPE_CHECKING:
    from core.kernel import Who
    from core.studio import Studio

log = logging.getLogger(__name__)


class _Process:
    """What lives as long as the process: one studio, and the last page errors by code."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.studio: Studio | None = None
        self.errors: deque[dict[str, Any]] = deque(maxlen=50)


_here = _Process()


def open_once() -> Studio:
    """The process's studio, opened by whoever asks first: the front, a page or a test."""
    with _here.lock:
        if _here.studio is None:
            from core.studio import open_studio

            opened_now = open_studio()
            if not opened_now.settings.is_local:
                _let_owner_in(opened_now)
            _here.studio = opened_now
        return _here.studio


def _let_owner_in(opened_now: Studio) -> None:
    """The owner has a password; one that was made now is printed, this once."""
    given = opened_now.settings.studio_owner_password
    made = opened_now.people.ensure_password(given.get_secret_value() if given else "")
    if made:
        sys.stderr.write(f"\n  The owner's password, shown only this once: {made}\n\n")


def studio() -> Studio:
    """The open studio."""
    return _here.studio or open_once()


def opened() -> Studio | None:
    """The open studio, or None while it is starting."""
    return _here.studio


def use(open_studio: Studio | None) -> None:
    """Pages draw from `open_studio` from now on; tests hand theirs in."""
    with _here.lock:
        _here.studio = open_studio


def close() -> None:
    """The studio has stopped working; what is unfinished stays for the next start."""
    with _here.lock:
        open_studio, _here.studio = _here.studio, None
    if open_studio is not None:
        open_studio.close()


def is_local() -> bool:
    """Local mode: the studio listens on loopback only, so the owner needs no password."""
    return studio().settings.is_local


def signed_in() -> Any | None:
    """The person behind this browser, or None: the owner in local mode, else by cookie."""
    if is_local():
        return studio().people.local()
    token = st.context.cookies.get(COOKIE)
    return studio().people.by_session(token) if isinstance(token, str) and token else None


def person() -> Any:
    """The signed-in person; the shell has made sure there is one."""
    found = st.session_state.get("person")
    if found is None:
        found = signed_in()
    if found is None:
        st.stop()
    return found


def session_id() -> str:
    """This browser session as a scope that pays."""
    if "session" not in st.session_state:
        st.session_state["session"] = new_id()[:12]
    return st.session_state["session"]


def who() -> Who:
    """For whom tasks run from this page."""
    return person().who(session=session_id())


def trace() -> str:
    """The browser's traceparent, for the tasks that start from this page."""
    return st.context.headers.get("traceparent", "")


def stop(task_id: str) -> None:
    """The task is being stopped, if this person may stop it; else a toast says why not."""
    try:
        studio().cancel(person(), task_id)
    except StudioError as error:
        st.toast(error.message, icon=":material/error:")


def remember_error(error: Exception) -> str:
    """The code under which the error is in the log and in Governance, health."""
    code = new_id()[:8]
    page = st.context.url or ""
    if isinstance(error, StudioError):
        log.warning("page error %s: %s", code, error.message)
    else:
        log.error("page error %s", code, exc_info=error)
    line = {
        "code": code,
        "at": now(),
        "error": type(error).__name__,
        "page": page.partition("?")[0],
    }
    _here.errors.appendleft(line)
    return code


def page_errors() -> list[dict[str, Any]]:
    """The newest page errors first: code, at, error, page."""
    return list(_here.errors)


@st.cache_resource(max_entries=32, show_spinner=False)
def deck(hash: str) -> Any:
    """The deck stored under `hash`; read and checked once. Ask only for decks of own tasks."""
    from core.insight import load as load_deck

    return load_deck(studio().blobs, hash)
