"""One task of any operation: what it was given, its steps live, what came out."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from components import session
from components.approval_card import approval_card
from components.lab import run_steps
from components.lab.deck_view import draw_slide, on_page
from components.layout import PAGES, facts, section
from components.words import clock, named, plain
from core import governance
from core.kernel.operation import OPERATIONS
from core.kernel.records import ENDED

LIST_MAX = 12
HASH = re.compile(r"[0-9a-f]{64}")


def draw(task: Any) -> None:
    """The whole page of the task."""
    st.title(named(task.operation), anchor=False)
    for wait in governance.waits(session.studio().database, task.org_id):
        if wait.task_id == task.id:
            approval_card(wait, place="task")
    left, right = st.columns([2, 3], gap="large")
    log, is_over = run_steps.log_of(task), task.state in ENDED
    with right.container(gap="medium"):
        with section("Given"):
            facts(lines(task.input), f"input_{task.id[:8]}")
        if is_over:
            _result(task)
    with left.container(gap="small"):
        if is_over:
            run_steps.verdict(task, log)
            run_steps.folded(task, log)
        else:
            run_steps.live(task, log, lambda: None)


def lines(value: dict[str, Any]) -> list[tuple[str, str]]:
    """What a model holds as names and values for people; secrets and nothing left out."""
    return [
        (plain(named(name)), said)
        for name, one in value.items()
        if (said := _said(one)) and not _is_secret(one)
    ]


def _said(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict):
        if "hash" in value and "name" in value:
            return plain(value["name"], 80)
        return "; ".join(f"{plain(named(str(k)), 70)}: {_said(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value[:LIST_MAX])
    return _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    text = str(value)
    return f"`{text[:12]}`" if HASH.fullmatch(text) else plain(text, 300)


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not value.strip("*")


def _result(task: Any) -> None:
    with section("Result", clock(task.ended_at)):
        if not task.output:
            st.markdown("It made no result.")
            return
        facts(lines(task.output), f"output_{task.id[:8]}")
        _deck(task)


def _deck(task: Any) -> None:
    """An output that names a deck is shown as one."""
    hash = task.output.get("deck")
    if "deck" not in OPERATIONS[task.operation].output.model_fields or not hash:
        return
    st.page_link(
        PAGES["insight_lab"],
        label="Open in Insight Lab",
        icon=":material/query_stats:",
        query_params={"task": task.id},
    )
    deck = session.deck(hash)
    for number, slide in on_page(deck):
        draw_slide(number, slide, deck, recompute=False)
