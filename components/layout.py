"""The few shapes every page is made of: crumb, section, figures, facts, history, meter."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import streamlit as st

from components.words import muted, plain

PAGES = {
    name: f"../pages/{name}.py"
    for name in ("insight_lab", "creative_sprint", "chat", "governance", "task")
}
ICON = {
    "queued": ":material/schedule:",
    "running": ":material/progress_activity:",
    "waiting": ":material/pause_circle:",
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "refused": ":material/block:",
    "cancelled": ":material/stop_circle:",
    "expired": ":material/timer_off:",
}
COLOUR = {"waiting": "orange", "failed": "red", "refused": "red", "expired": "red"}


def state(name: str) -> str:
    """A task's or step's state as icon and word, coloured only when it needs somebody."""
    said = f"{ICON.get(name, ':material/circle:')} {name}"
    return f":{COLOUR[name]}[{said}]" if name in COLOUR else said


def meter(share: float, alt: str, colour: str) -> str:
    """A thin bar as a Markdown image, so that it fits in any native label. `share` is 0 to 1."""
    wide = 52 * max(0.04, min(share, 1.0))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="52" height="14" viewBox="0 0 52 14">'
        '<rect y="5" width="52" height="4" rx="2" fill="#8A91A3" fill-opacity=".35"/>'
        f'<rect y="5" width="{wide:.1f}" height="4" rx="2" fill="{colour}"/></svg>'
    )
    return f"![{alt}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def fresh(name: str, *, gap: Literal["small", "medium", "large"] = "medium") -> Any:
    """The body of a page; when it shows something else than before, all that stood here is gone.

    Streamlit sweeps up what a run of the page no longer draws at its end, and a live page has none.
    So there are two places, and something else always takes the one that is empty.
    """
    before, place = st.session_state.get("body", ("", 0))
    if before != name:
        place = 1 - place
    st.session_state["body"] = (name, place)
    places = [st.container(gap=gap) if i == place else st.empty() for i in (0, 1)]
    return places[place]


def crumb(section: str, name: str = "") -> None:
    """The top bar says where we are; the page body then needs no title of its own."""
    slot = st.session_state.get("crumb")
    if slot is not None:
        slot.markdown(
            f":gray[{section} /] **{plain(name, 80)}**" if name else f"**{section}**", wrap=False
        )


def heading(text: str, note: str = "") -> None:
    """A noun in bold with its note in grey beside it."""
    st.markdown(f"**{text}**" + (f"  {muted(note)}" if note else ""), width="content")


@contextmanager
def section(title: str, note: str = "") -> Iterator[None]:
    """A heading close to its content; the gap to the next section is the parent's, and larger."""
    with st.container(gap="xsmall"):
        heading(title, note)
        yield


def facts(pairs: Iterable[tuple[str, str]], key: str) -> None:
    """A quiet list: names left, values right. Values are Markdown: escape what data named."""
    figures(["", ""], [(f":gray[{name}]", value) for name, value in pairs], f"facts_{key}")


def figures(head: Sequence[str], rows: Iterable[Sequence[str]], key: str) -> None:
    """A small table whose numbers align right: only Markdown tables can say so per column."""
    lines = [
        _line([f":gray[{name}]" if name else " " for name in head]),
        _line([":--", *["--:"] * (len(head) - 1)]),
        *(_line(row) for row in rows),
    ]
    with st.container(key=f"figures_{key}"):
        st.markdown("\n".join(lines), width="stretch")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def history(
    title: str,
    page: str,
    items: Iterable[tuple[dict[str, str], str, str]],
    *,
    new: str = "",
    current: tuple[str, str] | None = None,
) -> None:
    """The second half of the sidebar: (address, label, icon) of what this page has made before.

    `current` says what is open where the address leaves it out.
    """
    here = st.query_params.to_dict() | dict([current] if current else [])
    with st.sidebar, st.container(gap=None):
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            key="past_head",
        ):
            st.markdown(muted(title), width="content")
            if new:
                st.page_link(
                    PAGES[page],
                    label=f":small[{new}]",
                    icon=":material/add:",
                    query_params={"new": "1"},
                    width="content",
                )
        for i, (address, label, icon) in enumerate(items):
            is_open = bool(address) and all(here.get(k) == v for k, v in address.items())
            with st.container(key=f"past_open_{i}" if is_open else f"past_{i}"):
                st.page_link(
                    PAGES[page],
                    label=plain(label, 60),
                    icon=icon,
                    query_params=address,
                    width="stretch",
                )


def keep_address() -> None:
    """A link to the page we are on changes the query on the server only; tell the browser too."""
    here = st.query_params.to_dict()
    if here != st.session_state.get("address"):
        st.session_state["address"] = here
        st.query_params.from_dict(here)
