"""The wall in front of a studio that others can reach, and the way out behind the person."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit

import streamlit as st

WHY = {
    "wrong": "That is not the password.",
    "wait": "Too many tries. Wait a minute, then try again.",
}


def wall() -> None:
    """A form that posts to `/sign-in`; after it the page asked for opens."""
    why = WHY.get(st.query_params.get("sign_in", ""), "")
    with st.container(horizontal_alignment="center"), st.container(width=380, key="wall"):
        st.space("large")
        st.title("Sign in", anchor=False)
        st.markdown(
            ":gray[This studio can be reached from other computers, so it asks for the owner's "
            "password. It was printed once when the studio first started, or set as "
            "STUDIO_OWNER_PASSWORD.]"
        )
        if why:
            st.error(why, icon=":material/error:")
        st.html(FORM.format(target=escape(_here(), quote=True)))


FORM = """
<form method="post" action="/sign-in">
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required>
  <input type="hidden" name="next" value="{target}">
  <button type="submit">Sign in</button>
</form>
"""


def account(initials: str, name: str, about: str) -> None:
    """Who is signed in, and the way out.

    The browser's own popover and a plain post: they work whatever the page is doing meanwhile.
    """
    with st.container(key="me", width="content"):
        st.html(ACCOUNT.format(*(escape(text, quote=True) for text in (initials, name, about))))


ACCOUNT = """
<button type="button" popovertarget="account" aria-label="{1}, {2}">{0}</button>
<div popover id="account">
  <p><b>{1}</b><br><span>{2}</span></p>
  <form method="post" action="/sign-out"><button type="submit">Sign out</button></form>
</div>
"""


def _here() -> str:
    """The path asked for, with its query but without the last try's verdict."""
    query = {k: v for k, v in st.query_params.to_dict().items() if k != "sign_in"}
    path = urlsplit(st.context.url or "/").path or "/"
    return f"{path}?{urlencode(query)}" if query else path
