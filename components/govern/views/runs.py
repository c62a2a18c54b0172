"""Runs, and every step of one: what was asked, what the gates said, what it cost."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.lab.run_log import STEP_ENDS
from components.layout import PAGES, facts, section, state
from components.problem import show_error
from components.task.receipt import is_kept, receipt
from components.words import NUSD, because, clock, count, ms, muted, plain, since, titled, took, usd
from core import governance
from core.errors import NotFound
from core.kernel.records import ENDED

RUNS_MAX = 500
ANSWERS_MAX = 40


def draw() -> None:
    """All runs, or the one the address names."""
    task_id = st.query_params.get("task")
    if task_id:
        _one(task_id)
        return
    studio, org_id = session.studio(), session.person().org_id
    rows = governance.tasks(studio.database, org_id, limit=RUNS_MAX)
    with section("Runs", "newest first"):
        table(
            [run_line(row) for row in rows],
            key="runs",
            columns={
                "open": st.column_config.LinkColumn("Run", display_text=r"task=(.{8})", width=90),
                "state": st.column_config.TextColumn("State", width=90),
                "what": st.column_config.TextColumn("What", width="large"),
                "steps": st.column_config.NumberColumn("Steps", width=70),
                "tokens": st.column_config.NumberColumn("Tokens", format="localized", width=90),
                "cost": st.column_config.NumberColumn("Cost, USD", format="%.4f", width=100),
                "took": st.column_config.TextColumn("Took", width=90),
                "began": st.column_config.TextColumn("Began", width=130),
            },
            alt="Runs with state, steps, tokens and cost",
            empty="Nothing has run yet. Ask a question in Insight Lab.",
            opens="open",
            says="what",
        )


def run_line(row: Any) -> dict[str, Any]:
    """One run as a line of the table and of its CSV."""
    return {
        "open": f"/governance?view=runs&task={row.id}",
        "state": row.state,
        "what": titled(row.operation, row.input),
        "operation": row.operation,
        "person": row.person_id,
        "steps": row.steps,
        "tokens": row.tokens,
        "cost": row.cost_nusd / NUSD,
        "took": took(since(row.created_at, row.ended_at)),
        "began": clock(row.created_at),
        "tags": ", ".join(row.input.get("tags") or []),
        "error": (row.error or {}).get("code", ""),
    }


def step_line(step: Any) -> dict[str, Any]:
    """One step as a line of the table and of its CSV."""
    outcome = step.outcome or {}
    return {
        "seq": step.seq,
        "kind": step.kind,
        "name": step.name,
        "state": step.state,
        "gates": verdicts(step.verdicts or []),
        "estimate": step.estimate.get("nusd", 0) / NUSD,
        "cost": step.cost_nusd / NUSD,
        "overrun": step.overrun_nusd / NUSD,
        "tokens": step.tokens,
        "took": _took(step),
        "began": clock(step.started_at),
        "error": outcome.get("message", "") if "code" in outcome else "",
    }


def verdicts(said: list[dict[str, Any]]) -> str:
    """`all 6 allow`, or the gate that said no."""
    no = [one for one in said if one.get("answer") != "allow"]
    if no:
        return "; ".join(f"{one['gate']}: {one['answer']}" for one in no)
    return f"all {len(said)} allow" if said else ""


def _took(step: Any) -> str:
    """How long it took; nothing of a step that ended before it began, as refused ones do."""
    if step.ended_at is None and step.state in STEP_ENDS:
        return ""
    return took(since(step.started_at, step.ended_at))


def _one(task_id: str) -> None:
    studio, person = session.studio(), session.person()
    task = studio.kernel.task(task_id)
    if task.org_id != person.org_id:
        raise NotFound(f"No run {task_id[:8]!r}.", hint="Choose one of the list.")
    steps = governance.steps(studio.database, task_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="plain_run"):
        st.page_link(
            PAGES["governance"],
            label="All runs",
            icon=":material/arrow_back:",
            query_params={"view": "runs"},
        )
        page = "insight_lab" if task.operation == "insight.ask" else "task"
        st.page_link(
            PAGES[page],
            label="Open the result",
            icon=":material/open_in_new:",
            query_params={"task": task_id},
        )
        st.space("stretch")
        if task.state not in ENDED:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key="stop_one",
                on_click=session.stop,
                args=(task_id,),
            )
    with section(plain(titled(task.operation, task.input), 160)), st.container(width=560):
        facts(_facts(task, steps), "run")
    if task.error:
        show_error(task.error, f"task {task.id[:8]}", here=True)
    with section("Steps", "in order, refusals included"):
        table(
            [step_line(step) for step in steps if step.leaf],
            key="steps",
            columns={
                "seq": st.column_config.NumberColumn("No.", width=56),
                "kind": st.column_config.TextColumn("Kind", width=80),
                "name": st.column_config.TextColumn("Name", width="medium"),
                "state": st.column_config.TextColumn("State", width=90),
                "gates": st.column_config.TextColumn("Gates", width=130),
                "estimate": st.column_config.NumberColumn("Held, USD", format="%.4f"),
                "cost": st.column_config.NumberColumn("Cost, USD", format="%.4f"),
                "tokens": st.column_config.NumberColumn("Tokens", format="localized"),
                "took": st.column_config.TextColumn("Took", width=90),
                "error": st.column_config.TextColumn("Error", width="large"),
            },
            alt="Steps of the run with gates, hold and cost",
            empty="It has not begun.",
        )
    _answers(steps)


def _answers(steps: list[Any]) -> None:
    """Every model that was asked, in order: what came of it and its receipt."""
    used = [
        (step, use) for step in steps if step.leaf for use in (step.outcome or {}).get("uses") or ()
    ]
    if not used:
        return
    with (
        section("Models asked", "each attempt with its receipt, also those that failed"),
        st.container(gap="xsmall", width=760),
    ):
        for number, (step, use) in enumerate(used[:ANSWERS_MAX]):
            with st.expander(answer_title(step, use), key=f"answer_{step.seq}_{number}"):
                if message := (step.outcome or {}).get("message"):
                    st.markdown(f":red[:material/error:] {plain(message, 300)}")
                facts(receipt(use), f"answer_{step.seq}_{number}")
        if len(used) > ANSWERS_MAX:
            st.markdown(muted(f"and {count(len(used) - ANSWERS_MAX, 'more answer')}"))


def answer_title(step: Any, use: dict[str, Any]) -> str:
    """`**openai/gpt-4.1**  answered · step 2 · 788 ms · $0.0492`."""
    outcome = step.outcome or {}
    came = "answered"
    if "code" in outcome:
        came = because(str((outcome.get("details") or {}).get("reason") or outcome["code"]))
    elif is_kept(use):
        came = "answered before"
    cost = use.get("cost_nusd") or 0
    parts = [
        came,
        f"step {step.seq}",
        ms(use.get("latency_ms") or None),
        usd(cost, 4 if cost else 2),
    ]
    return f"**{plain(use.get('model', ''))}**  {muted(' · '.join(part for part in parts if part))}"


def _facts(task: Any, steps: list[Any]) -> list[tuple[str, str]]:
    leaves = [step for step in steps if step.leaf]
    return [
        ("State", state(task.state)),
        ("Code", f"`{task.id}`"),
        ("Began", clock(task.created_at)),
        ("Took", took(since(task.created_at, task.ended_at))),
        ("Steps", count(len(leaves))),
        ("Cost", usd(cost, 4) if (cost := sum(step.cost_nusd for step in leaves)) else "$0.00"),
        ("Tokens", count(sum(step.tokens for step in leaves))),
    ]


VIEW = View("Runs and steps", ":material/list_alt:", 30, draw)
