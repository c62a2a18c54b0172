"""A run on the Lab's page: its steps in one column, its deck in the next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.lab import exports, run_steps
from components.lab.deck_view import draw_slide, on_page
from components.lab.run_log import RunLog
from components.layout import heading
from components.words import count, muted
from core.kernel.records import ENDED


def draw(task: Any, steps_box: Any, deck_box: Any) -> None:
    """Both columns. While the run is live this does not return; interaction interrupts it."""
    log = run_steps.log_of(task)
    if task.state in ENDED:
        with steps_box:
            run_steps.ended(task, log)
        with deck_box:
            _deck(task, log)
        return

    def beside() -> None:
        with deck_box:
            _growing(run_steps.deck_of(task, log))

    with steps_box:
        run_steps.live(task, log, beside)


def _deck(task: Any, log: RunLog) -> None:
    deck = run_steps.deck_of(task, log)
    if deck is None:
        heading("Deck", "none was made")
        st.markdown(muted("What was done until it ended is in its steps. Ask again to retry."))
        return
    exports.bar(task, deck)
    for number, slide in on_page(deck):
        wanted = draw_slide(number, slide, deck, recompute=True)
        if wanted:
            exports.recompute(task, deck, wanted)


def _growing(deck: Any | None) -> None:
    """The slides that are final, and a place for the next."""
    if deck is not None:
        heading("Deck", f"{count(len(deck.slides), 'slide')} so far")
        for number, slide in on_page(deck):
            draw_slide(number, slide, deck, recompute=False)
    else:
        heading("Deck", "not yet")
    with st.container(border=True):
        st.markdown(muted("Slides appear here as soon as their numbers are final."))
        st.skeleton(height=72)
