"""The deck on the page: slides with sentences whose numbers open their evidence, and charts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.claims import claims
from components.lab.evidence import receipt_line, slide_evidence, slide_words
from components.theme import mode
from components.words import muted, plain

KICKER = {
    "title": "Question",
    "summary": "Answer",
    "finding": "Finding",
    "description": "Description",
    "method": "Method",
    "appendix": "Data",
}


def on_page(deck: Any) -> list[tuple[int, Any]]:
    """Slides with their numbers; the title slide only repeats the question above it."""
    return [(n, slide) for n, slide in enumerate(deck.slides, 1) if slide.kind != "title"]


def draw_slide(number: int, slide: Any, deck: Any, *, recompute: bool) -> str | None:
    """One slide in its frame; the id of the claim a person wants recomputed, or None."""
    with st.container(border=True, key=f"slide_{number}", gap="small"):
        words = slide_words(slide, deck, f"{number}  ·  {KICKER.get(slide.kind, slide.kind)}")
        evidence = slide_evidence(slide, deck, recompute=recompute)
        wanted = claims(words, evidence, key=f"claims_{number}")
        _chart(number, slide, deck)
        if line := receipt_line(slide.receipt):
            st.markdown(muted(f":material/receipt_long: {plain(line, 300)}"))
        else:
            st.empty()
    return wanted


def warm_charts() -> None:
    """The browser has the chart library before the first slide needs it; nothing is shown."""
    with st.container(key="warm_charts"):
        st.plotly_chart({"data": [{"y": [0]}], "layout": {"height": 10}}, key="warm_chart")


def _chart(number: int, slide: Any, deck: Any) -> None:
    if not slide.chart or slide.query not in deck.queries:
        st.empty()  # a live page does not end, so what stood here before must be replaced
        return
    from components.chart import CONFIG

    query = deck.queries[slide.query]
    same = "\n".join([query.sql_hash, *query.sources, slide.chart.model_dump_json()])
    made, alt = _drawn(same, slide.chart, query.grid, dark=mode() == "dark")
    st.plotly_chart(made, theme=None, config=CONFIG, key=f"chart_{number}", alt=alt)


@st.cache_resource(max_entries=256, show_spinner=False)
def _drawn(
    same: str,  # noqa: ARG001 - the key of the cache
    _chart: Any,
    _grid: Any,
    *,
    dark: bool,
) -> tuple[Any, str]:
    """The figure and its words; `same` names what it is drawn from, so it is built once."""
    from components import chart

    return chart.figure(_chart, _grid, dark=dark), chart.alt(_chart, _grid)
