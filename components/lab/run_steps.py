"""The steps of a run, live while it goes on, and the same after a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from components import session
from components.lab.live import follow
from components.lab.run_log import RunLog
from components.lab.timeline import LiveSteps, draw_steps
from components.problem import show_error
from components.words import muted, plain, since, took, usd
from core import governance
from core.kernel.records import ENDED
from core.kernel.steps import result

STOPPED = {
    "budget": "The budget for this run is used up. The deck holds what was found until then.",
    "iterations": "All allowed iterations are used. The deck holds what was found until then.",
    "cancelled": "The run was stopped. The deck holds what was found until then.",
}


def log_of(task: Any) -> RunLog:
    """What the task's events say so far."""
    return _ended_log(task.id) if task.state in ENDED else _read(task.id)


def folded(task: Any, log: RunLog) -> None:
    """The steps of a run that is over, folded away under what they took."""
    with st.expander(f"**Steps** {muted(f'· {header(task, log, None)}')}", key="steps"):
        draw_steps(log, _outcomes(task.id))


def verdict(task: Any, log: RunLog) -> None:
    """Why it ended, when it is not simply done."""
    stopped = (task.output or {}).get("stopped")
    if task.state == "cancelled":
        kept = STOPPED["cancelled"] if log.deck_seq else "The run was stopped. Its steps are kept."
        st.info(kept, icon=":material/stop_circle:")
    elif task.error:
        show_error(task.error, f"task {task.id[:8]}")
    elif stopped:
        st.warning(STOPPED.get(stopped, plain(stopped, 400)), icon=":material/pause_circle:")


def live(task: Any, log: RunLog, beside: Callable[[], None]) -> None:
    """Steps as they happen. `beside` draws what stands next to them, before the waiting begins.

    Does not return: interaction interrupts it, and the end of the task draws the page anew.
    """
    budget, shown = budget_nusd(task), log.deck_seq
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        head = st.empty()
        st.space("stretch")
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key="stop_run",
            on_click=session.stop,
            args=(task.id,),
        )
    head.markdown(f"**Run**  {muted(header(task, log, budget))}")
    doing = st.empty()
    steps = LiveSteps(log, _outcomes(task.id))
    beside()
    for events in follow(session.studio().kernel, task.id, log.last):
        changed = {log.take(event) for event in events}
        if not events or any(event.type != "delta" for event in events):  # words change neither
            head.markdown(f"**Run**  {muted(header(task, log, budget))}")
            doing.markdown(muted(_doing(log)))
        for name in sorted(changed):
            if name.startswith("step "):
                steps.show(log.steps[int(name.removeprefix("step "))])
        if log.deck_seq != shown or ("run" in changed and log.state == "waiting"):
            st.rerun()  # more slides, or a question to the person: the page is drawn anew
        if not events:
            steps.tick()
    st.rerun()


def header(task: Any, log: RunLog, budget: int | None) -> str:
    """`12 s · $0.00 of $0.50 · iteration 3 of 12`."""
    money = f"{usd(log.nusd)} of {usd(budget)}" if budget is not None else usd(log.nusd)
    parts = [took(since(log.queued_at or task.created_at, log.ended_at or task.ended_at)), money]
    if log.is_over and log.iterations_max:
        parts.append(f"iteration {log.iteration} of {log.iterations_max}")
    return " · ".join(part for part in parts if part)


def deck_of(task: Any, log: RunLog) -> Any | None:
    """The newest deck of the run, final or not; None while there is none."""
    hash = (task.output or {}).get("deck")
    if not hash and log.deck_seq:
        hash = (_outcomes(task.id)(log.deck_seq) or {}).get("deck")
    return session.deck(hash) if hash else None


def budget_nusd(task: Any) -> int | None:
    """What the run may cost at most, as the ledger holds it."""
    scope = f"task:{task.id}"
    who = session.person().who().model_copy(update={"scopes": (scope,)})
    rows = session.studio().ledger.remaining(who)
    return next((row.max for row in rows if row.scope == scope and row.unit == "nusd"), None)


@st.cache_resource(max_entries=64, show_spinner=False)
def _ended_log(task_id: str) -> RunLog:
    """The events of a task that has ended never change."""
    return _read(task_id)


def _read(task_id: str) -> RunLog:
    log = RunLog()
    while events := session.studio().kernel.events.since(task_id, log.last):
        for event in events:
            log.take(event)
    return log


def _outcomes(task_id: str) -> Callable[[int], Any]:
    """A reader of recorded outcomes that asks the database once, and again when it must."""
    studio = session.studio()
    rows: dict[int, Any] = {}

    def outcome(seq: int) -> Any:
        if seq not in rows or rows[seq].outcome is None:
            rows.update({row.seq: row for row in governance.steps(studio.database, task_id)})
        row = rows.get(seq)
        recorded = row.outcome if row is not None else None
        if not recorded:
            return None
        if "ok" in recorded or "blob" in recorded:
            return result(recorded, studio.blobs)
        return {"failed": recorded} if recorded.get("message") else None

    return outcome


def _doing(log: RunLog) -> str:
    if log.state == "queued":
        return "Waiting for a free place in the queue."
    if log.state == "waiting":
        return "Waiting for an approval: see the badge at the top right."
    is_open = any(step.is_open for step in log.steps.values())
    said = "Working." if is_open else "Preparing the next step."
    return f"{said} Iteration {log.iteration} of {log.iterations_max}." if log.iteration else said
