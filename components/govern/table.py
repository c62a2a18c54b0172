"""One table for every list of Governance: filter, sort, take it along as CSV, open a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from components.words import count, muted

Line = Mapping[str, Any]


def table(
    lines: Sequence[Line], *, key: str, columns: Mapping[str, Any], alt: str, empty: str
) -> None:
    """Draw `lines`; `columns` configures them in order and names what is shown."""
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
