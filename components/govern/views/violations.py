"""What the safety rules found, and the reviewer's word on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import PAGES, section
from components.words import ago, clock, count, muted, named, plain
from core.errors import NotFound, StudioError
from core.governance.violations import REVIEWS, Decision, review, violations
from core.identity import may

CARDS_MAX = 20
SEVERITIES = ("severe", "medium", "low")
WAY = {"input": "in what was asked", "output": "in an answer"}
WHERE = {"input": "asked", "output": "answered"}
DONE = {"blocked": "blocked", "masked": "masked", "logged": "let pass"}
EMPTY = (
    "Nothing was found. What people ask and what models answer is read by the safety rules; what"
    " they find is listed here, and what is severe does not pass."
)


def draw() -> None:
    """The view: what waits for a reviewer, then every line."""
    database, person = session.studio().database, session.person()
    waiting = violations(database, person.org_id, review="open")
    shown, severity = _filters()
    found = violations(database, person.org_id, review=shown, severity=severity)
    names = _names(found)
    cards = [row for row in found if not row.verdict][:CARDS_MAX]
    if cards:
        with (
            section("To review", f"{count(len(waiting), 'open finding')}; a decision is final"),
            st.container(width=620, gap="small"),
        ):
            for row in cards:
                _card(row, decides=may(person.role, "approve"))
    with section("Findings", "texts are excerpts; what is personal in them is replaced"):
        table(
            [_line(row, names) for row in found],
            key="violations",
            columns={
                "task": st.column_config.LinkColumn("Run", display_text=r"task=(.{8})", width=85),
                "at": st.column_config.TextColumn("At", width=85),
                "severity": st.column_config.TextColumn("Severity", width=75),
                "categories": st.column_config.TextColumn("Categories, score of 1", width=225),
                "where": st.column_config.TextColumn("Where", width=75),
                "action": st.column_config.TextColumn("Done", width=75),
                "review": st.column_config.TextColumn("Review", width=80),
                "content": st.column_config.TextColumn("Excerpt", width=270),
                "person": st.column_config.TextColumn("Person", width=100),
                "use_case": st.column_config.TextColumn("Use case", width=120),
                "source": st.column_config.TextColumn("Judged by", width=110),
                "note": st.column_config.TextColumn("Note", width=160),
            },
            alt="Findings of the safety rules with category, score, action and review",
            empty=EMPTY if not (shown or severity) else "Nothing fits this choice.",
            opens="task",
            says="categories",
        )


def _filters() -> tuple[str, str]:
    with st.container(horizontal=True, gap="small"):
        shown = st.segmented_control(
            "Review",
            REVIEWS,
            format_func=str.capitalize,
            label_visibility="collapsed",
            key="review",
            bind="query-params",
        )
        severity = st.segmented_control(
            "Severity",
            SEVERITIES,
            format_func=str.capitalize,
            label_visibility="collapsed",
            key="severity",
            bind="query-params",
        )
    return shown or "", severity or ""


def _card(row: Any, *, decides: bool) -> None:
    """One finding with what a reviewer needs, and two buttons."""
    about = f"{WAY[row.direction]}, {DONE[row.action]} · {plain(named(row.use_case))}"
    about += f" · score of at most 1 · {ago(row.at)}"
    with st.container(border=True, key=f"violation_{row.id}", gap="xsmall"):
        st.markdown(
            f"**{plain(_scores(row))}**  \n{muted(f'{row.severity.capitalize()}, {about}')}"
        )
        if row.content:
            st.markdown(f"“{plain(row.content, 500)}”")
        if decides:
            st.text_input(
                "Note",
                key=f"note_{row.id}",
                placeholder="Note, if one is needed",
                label_visibility="collapsed",
                max_chars=500,
            )
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if decides:
                _button("Confirm", "confirmed", row.id)
                _button("Dismiss", "dismissed", row.id)
            if row.task_id:
                st.page_link(
                    PAGES["governance"],
                    label="Open the run",
                    query_params={"view": "runs", "task": row.task_id},
                )


def _button(word: str, decision: Decision, id: str) -> None:
    st.button(
        word,
        key=f"{decision}_{id}",
        on_click=_decide,
        args=(id, decision),
    )


def _decide(id: str, decision: Decision) -> None:
    note = st.session_state.get(f"note_{id}") or ""
    try:
        review(session.studio().database, session.person(), id, decision, note)
    except StudioError as error:
        st.toast(plain(error.message), icon=":material/error:")
    else:
        st.toast(f"{decision.capitalize()}.", icon=":material/check_circle:")


def _names(rows: Iterable[Any]) -> dict[str, str]:
    """The names of the people of these findings; somebody who is gone keeps the id."""
    people, found = session.studio().people, {}
    for person_id in {row.person_id for row in rows}:
        try:
            found[person_id] = people.person(person_id).name
        except NotFound:
            found[person_id] = person_id
    return found


def _line(row: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "at": clock(row.at),
        "severity": row.severity,
        "categories": _scores(row),
        "where": WHERE[row.direction],
        "action": DONE[row.action],
        "content": row.content,
        "use_case": named(row.use_case),
        "person": names[row.person_id],
        "source": "built-in rules" if row.source == "local" else row.source,
        "review": row.verdict or "open",
        "note": row.note,
        "task": f"/governance?view=runs&task={row.task_id}" if row.task_id else None,
    }


def _scores(row: Any) -> str:
    """Each category with its score: "Jailbreak 0.80, Weapons 0.95"."""
    parts = [f"{named(name.replace('-', ' '))} {score:.2f}" for name, score in row.scores.items()]
    return ", ".join(parts)


VIEW = View("Violations", ":material/shield:", 55, draw)
