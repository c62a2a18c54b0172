"""One table for every list of Governance: filter, sort, take it along as CSV, open a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from components.words import count, muted, plain

Line = Mapping[str, Any]
MENU_MAX = 50
ID = 8  # characters of an id that are shown


def table(
    lines: Sequence[Line],
    *,
    key: str,
    columns: Mapping[str, Any],
    alt: str,
    empty: str,
    opens: str = "",
    says: str = "",
) -> None:
    """Draw `lines`; `columns` configures them in order and names what is shown.

    The links of column `opens` also stand in a menu, each with what column `says` holds: links in
    a grid of cells cannot be opened by keyboard.
    """
    if not lines:
        st.markdown(muted(empty))
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"tools_{key}"
    ):
        wanted = st.text_input(
            "Filter",
            key=f"filter_{key}",
            placeholder="Filter these lines",
            label_visibility="collapsed",
            width=260,
            bind="query-params",
        )
        found = matching(lines, wanted or "")
        note = count(len(found), "line")
        if len(found) != len(lines):
            note = f"{len(found):,} of {count(len(lines), 'line')}"
        st.markdown(muted(note), width="content")
        st.space("stretch")
        if leads := [line for line in found if opens and line[opens]]:
            _menu(leads, key, opens, says)
        st.download_button(
            "CSV",
            data=lambda: as_csv(found).encode("utf-8-sig"),
            file_name=f"{key}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv_{key}",
            on_click="ignore",
        )
    st.dataframe(
        [dict(line) for line in found],
        hide_index=True,
        key=f"table_{key}",
        height="content" if len(found) <= 18 else 18 * 32 + 40,
        row_height=32,
        alt=alt,
        column_order=list(columns),
        column_config=dict(columns),
    )


def _menu(lines: Sequence[Line], key: str, opens: str, says: str) -> None:
    """The first of these lines; the one that is chosen is opened."""
    ways = dict(_way(line, opens, says) for line in lines[:MENU_MAX])
    chosen = st.menu_button("Open", list(ways), key=f"open_{key}")
    if chosen:
        st.query_params.from_dict(ways[chosen])
        st.rerun()


def _way(line: Line, opens: str, says: str) -> tuple[str, dict[str, str]]:
    address = dict(parse_qsl(urlsplit(line[opens]).query))
    name = list(address.values())[-1]
    return plain(f"{name[:ID]} {line[says]}" if says else name, 60), address


def matching(lines: Sequence[Line], wanted: str) -> list[Line]:
    """The lines that hold every word of `wanted` somewhere, whatever the case."""
    words = wanted.lower().split()
    return [
        line
        for line in lines
        if all(any(word in str(value).lower() for value in line.values()) for word in words)
    ]


def as_csv(lines: Sequence[Line]) -> str:
    """The lines as CSV whose cells no spreadsheet runs as formulas."""
    from core.data.cells import neutralise

    if not lines:
        return ""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutralise(name) for name in lines[0]])
    writer.writerows([neutralise(value) for value in line.values()] for line in lines)
    return out.getvalue()
