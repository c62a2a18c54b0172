"""A run on the Lab's page: three columns while it goes on; then its deck comes first."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from components.lab import exports, question, run_steps
from components.lab.deck_view import draw_slide, on_page
from components.lab.run_log import RunLog
from components.layout import heading
from components.words import count, muted
from core.kernel.records import ENDED


class Places(NamedTuple):
    """Where the parts of a run stand."""

    verdict: Any
    steps: Any
    sources: Any
    deck: Any


def places(task: Any) -> Places:
    """Places for a run; once it is over, its deck is what a person came for."""
    verdict = st.container()
    if task.state in ENDED:
        aside, deck = st.columns([31, 69], gap="medium")
        beside = aside.container(gap="medium")
        return Places(verdict, beside.container(), beside.container(), deck.container(gap="small"))
    sources, steps, deck = st.columns([27, 31, 42], gap="medium")
    return Places(verdict, steps.container(), sources, deck.container(gap="small"))


def draw(task: Any, at: Places) -> None:
    """The run. While it is live this does not return; interaction interrupts it."""
    log = run_steps.log_of(task)
    if task.state in ENDED:
        with at.verdict:
            run_steps.verdict(task, log)
            if task.state != "done":
                question.again(task)
        with at.steps:
            run_steps.folded(task, log)
        with at.deck:
            _deck(task, log)
        return

    def beside() -> None:
        with at.deck:
            _growing(run_steps.deck_of(task, log))

    with at.steps:
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
