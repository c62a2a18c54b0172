"""Insight Lab: ask on top; below it the sources, the run while it goes on, and the deck."""

from __future__ import annotations

import streamlit as st

from components import session
from components.lab import address, empty, question, run_view, sources
from components.lab.deck_view import warm_charts
from components.layout import ICON, crumb, fresh, history
from components.words import muted, plain
from core import governance
from core.errors import NotFound

OPERATION = "insight.ask"
studio, person = session.studio(), session.person()
runs = governance.tasks(studio.database, person.org_id, operation=OPERATION, limit=30)
history(
    "Runs",
    "insight_lab",
    [({"task": run.id}, run.input["question"], ICON[run.state]) for run in runs],
    new="New",
)


def suggested(read: list) -> list[str]:
    """Three questions from the profiles of the sources."""
    found = [text for _, _, profile in read for text in profile.questions]
    return list(dict.fromkeys(found))[:3]


def show_run(task_id: str) -> None:
    """A run by its address."""
    task = studio.kernel.task(task_id)
    if task.org_id != person.org_id or task.operation != OPERATION:
        raise NotFound(f"No run {task_id[:8]!r}.", hint="Open one of the runs on the left.")
    crumb("Insight Lab", task.input["question"])
    given = sources.of_task(task.input)
    ask = st.container(gap="xsmall")
    with ask, st.container(key="asked"):  # a phone has no room for it in the bar
        st.markdown(f"**{plain(task.input['question'], 400)}**")
    places = run_view.places(task)
    with places.sources:
        read = sources.draw(given, fixed=True)
    with ask:
        question.box(given, suggested(read), key="again")
    run_view.draw(task, places)


def show_draft(chosen: list) -> None:
    """Sources are chosen, nothing is asked yet."""
    crumb("Insight Lab", "New run")
    ask = st.container()
    left, right = st.columns([40, 60], gap="medium")
    with left:
        read = sources.draw(chosen, fixed=False)
    with ask:
        question.box([one for one, _, _ in read], suggested(read), key="new")
    with right, st.container(border=True, key="next"):
        if not read:
            st.markdown("**Nothing can be asked yet**")
            st.markdown(muted("None of the files could be read. What to do stands at each file."))
            return
        warm_charts()
        st.markdown("**Ask anything these columns can answer**")
        st.markdown(
            muted(
                "Or take one of the suggested questions. The run appears here step by step, "
                "with its cost, and the deck grows slide by slide. You can stop it at any time."
            )
        )


if task := st.query_params.get("task"):
    with fresh(f"lab {task}"):
        show_run(task)
elif chosen := address.chosen():
    with fresh("lab draft"):
        show_draft(chosen)
else:
    crumb("Insight Lab", "New run" if runs else "")
    with fresh("lab"):
        empty.draw()
