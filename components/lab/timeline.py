"""The run as a timeline of steps: what was done, with what, what came of it, how long, how dear."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from components.lab.run_log import RunLog, StepLine
from components.layout import ICON, figures
from components.problem import show_error
from components.task.receipt import is_kept, policy, tokens
from components.words import count, ms, muted, named, plain, since, took, usd

ROWS_MAX = 6
COLUMNS_MAX = 5
REFERENCE = re.compile(r"\[\[[^\[\]]*\]\]|\[\[[^\]]*$")
KINDS = {
    ("data", ""): "Read the file",
    ("check", "budget"): "Check the budget",
    ("model", ""): "Ask a model",
    ("model", "decide"): "Decide what to look at",
    ("model", "test connection"): "Test the connection",
    ("model", "answer"): "Write the answer",
    ("model", "answer again"): "Write the answer again",
    ("deck", ""): "Build the deck",
    ("deck", "slides so far"): "Show the first slides",
}
TOOLS = {
    "profile": "Profile the columns",
    "total": "Add up",
    "segments": "Compare segments",
    "trend": "Follow the trend",
    "change": "Compare periods",
    "outliers": "Look for outliers",
    "relation": "Relate measures",
    "distribution": "Describe the spread",
    "missingness": "Check what is missing",
    "simpson": "Check for reversals",
}
Outcome = Callable[[int], Any]  # the recorded outcome of a step, or None


def draw_steps(log: RunLog, outcome: Outcome) -> None:
    """All steps of a run that has ended, folded."""
    with st.container(gap="small"):
        for step in visible(log):
            icon = ICON.get(step.state, ":material/circle:")
            with st.expander(label(step), type="step", icon=icon, key=f"step_{step.seq}"):
                contents(step, outcome(step.seq))


class LiveSteps:
    """The steps of a run that goes on: drawn as they begin, changed as they end."""

    def __init__(self, log: RunLog, outcome: Outcome) -> None:
        self._box = st.container(gap="small")
        self._log = log
        self._outcome = outcome
        self._open: dict[int, tuple[Any, Any]] = {}
        self._closed: set[int] = set()
        for step in visible(log):
            self.show(step)

    def show(self, step: StepLine) -> None:
        """Draw the step as it is now."""
        if step.seq in self._closed or step not in visible(self._log):
            return
        if step.seq not in self._open:
            said = _running(step) if step.is_open else label(step)
            status = self._box.status(said, type="step", state=_state(step))
            self._open[step.seq] = (status, status.empty())
        status, slot = self._open[step.seq]
        if step.is_open:
            status.update(label=_running(step), expanded=bool(step.text) or None)
            slot.markdown(_said(step) or muted("Working."))
            return
        self._closed.add(step.seq)
        slot.empty()
        status.update(label=label(step), state=_state(step), expanded=False)
        with status:
            contents(step, self._outcome(step.seq))

    def tick(self) -> None:
        """The times of open steps move on."""
        for seq, (status, _) in self._open.items():
            if seq not in self._closed:
                status.update(label=_running(self._log.steps[seq]))


def visible(log: RunLog) -> list[StepLine]:
    """The steps a person wants to see: acts, not the groups they stand in."""
    parents = {step.parent_seq for step in log.steps.values()}
    return [step for _, step in sorted(log.steps.items()) if step.seq not in parents]


def title(step: StepLine) -> str:
    """What the step does, in words."""
    if step.kind == "tool":
        return TOOLS.get(step.name, named(step.name))
    return KINDS.get((step.kind, step.name)) or KINDS.get((step.kind, "")) or named(step.name)


def detail(step: StepLine) -> str:
    """What stands beside the title: the file, the tool."""
    if step.kind == "data":
        return step.name.removeprefix("read ")
    return step.name if step.kind == "tool" else step.kind


def label(step: StepLine) -> str:
    """`Compare periods  change: revenue · 0.4 s · $0.00`."""
    parts = [plain(detail(step), 40), took(since(step.started_at, step.ended_at)), usd(step.nusd)]
    if step.is_cached:
        parts.append("known already")
    if step.state not in ("done", "running"):
        parts.insert(0, step.state)
    return f"{title(step)}  {muted(' · '.join(part for part in parts if part))}"


def contents(step: StepLine, outcome: Any) -> None:
    """What came of the step: sentences first, then the query and its rows."""
    for note in notes(step):
        st.markdown(muted(note))
    if step.details.get("message"):
        show_error(step.details, f"step {step.seq}")
    drawn = isinstance(outcome, dict) and _outcome(step, outcome)
    if not drawn:
        used = count(step.tokens, "token") if step.tokens else ""
        said = _said(step)
        if said and step.is_void:
            said = f":gray[~~{said}~~]"
        st.markdown(said or muted(used or _end(step)))


def notes(step: StepLine) -> list[str]:
    """What is out of the ordinary about the step, in sentences."""
    said = []
    if step.after:
        said.append(f"{plain(step.after)} broke off; this model began the answer anew.")
    if step.is_void:
        said.append("It broke off. Another model began anew: this is no part of the answer.")
    if step.is_cached:
        said.append("Nothing was computed: the same question of the same rows was known already.")
    return said


def _outcome(step: StepLine, outcome: dict[str, Any]) -> bool:
    """Draw what is known how to draw; False when there was nothing."""
    if "failed" in outcome:
        _failed(step, outcome["failed"])
    elif "queries" in outcome:
        _recipe(step, outcome)
    elif "landing" in outcome:
        landing = outcome["landing"]
        rows, columns = landing["rows"], len(landing["columns"])
        st.markdown(f"{count(rows, 'row')}, {count(columns, 'column')}.")
    elif "columns" in outcome and step.kind == "tool":
        shown = [[plain(c["name"], 40), c["role"], f"{c['missing']:,}"] for c in outcome["columns"]]
        figures(["Column", "Used as", "Empty"], shown[:20], f"profile_{step.seq}")
    elif "tool_calls" in outcome:
        _reply(outcome)
    else:
        return False
    return True


def _failed(step: StepLine, error: dict[str, Any]) -> None:
    """Why an attempt failed, and what it had said until then."""
    details = error.get("details") or {}
    hint = "" if details.get("last") is False else str(error.get("hint") or "")
    st.markdown(f":red[:material/error:] {plain(error.get('message') or 'It failed.', 400)}")
    if details.get("last") is False and not step.is_void:
        hint = "The next model of the chain was asked."
    if hint:
        st.markdown(muted(plain(hint, 400)))
    if step.text:
        st.markdown(f":gray[~~{_said(step)}~~]")


def _recipe(step: StepLine, outcome: dict[str, Any]) -> None:
    if asked := _params(outcome.get("params") or {}):
        st.markdown(muted("Asked with " + plain(asked, 300)))
    if tests := outcome.get("tests"):
        st.markdown(f"{count(len(tests), 'comparison')} looked at, all of them counted.")
    for note in (outcome.get("notes") or [])[:6]:
        st.markdown(muted(plain(note, 300)))
    queries = outcome["queries"]
    for i, query in enumerate(queries[:4]):
        st.markdown(muted(plain(query["title"], 160)))
        st.code(query["sql"], "sql", wrap_lines=True)
        _grid(query["grid"], f"{step.seq}_{i}")
    if len(queries) > 4:
        st.markdown(muted(f"and {count(len(queries) - 4, 'more query', 'more queries')}"))


def _reply(outcome: dict[str, Any]) -> None:
    for call in outcome["tool_calls"]:
        what = plain(_params(call["arguments"]), 200)
        st.markdown(f"Next: **{plain(call['name'])}** {muted(what)}")
    if outcome.get("text") and not outcome["tool_calls"]:
        st.markdown(plain(REFERENCE.sub("…", outcome["text"]), 2_000))
    parts = [str(outcome.get("model", "")), tokens(outcome)]
    if is_kept(outcome):
        parts = [parts[0], "answered before, so nothing was asked and nothing was paid"]
    first = outcome.get("first_token_ms")
    parts += [f"first word after {ms(first)}"] if first else []
    parts += [policy(outcome)] if outcome.get("variant") else []
    st.markdown(muted(plain(" · ".join(part for part in parts if part))))


def _grid(grid: dict[str, Any], key: str) -> None:
    rows, columns = grid["rows"][:ROWS_MAX], grid["columns"][:COLUMNS_MAX]
    if not rows:
        st.markdown(muted("No rows."))
        return
    shown = [[_cell(value) for value in row[:COLUMNS_MAX]] for row in rows]
    figures([plain(name, 40) for name in columns], shown, key)
    if len(grid["rows"]) > ROWS_MAX:
        st.markdown(muted(f"{ROWS_MAX} of {count(len(grid['rows']), 'row')}"))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain("\u2013" if value is None else value, 40)


def _state(step: StepLine) -> Literal["running", "complete", "error"]:
    if step.is_open:
        return "running"
    return "complete" if step.state == "done" else "error"


def _running(step: StepLine) -> str:
    parts = [took(since(step.started_at))]
    if step.after:
        parts.insert(0, f"anew, {plain(step.after, 40)} broke off")
    if step.note:
        parts.insert(0, plain(step.note, 60))
    if step.of:
        parts.insert(1, f"{(step.done or 0) / step.of:.0%}")
    return f":shimmer[{title(step)}]  {muted(' · '.join([plain(detail(step), 40), *parts]))}"


def _said(step: StepLine) -> str:
    """What the model said; references become a blank until the deck resolves them."""
    return plain(REFERENCE.sub("…", step.text), 2_000) if step.text else ""


def _params(params: dict[str, Any]) -> str:
    kept = {k: v for k, v in params.items() if k != "table" and v not in (None, [], "", "auto")}
    return ", ".join(
        str(value) if isinstance(value, (str, int, float)) else ", ".join(map(str, value))
        for value in kept.values()
        if isinstance(value, (str, int, float, list, tuple))
    )


def _end(step: StepLine) -> str:
    return "Done." if step.state == "done" else step.state.capitalize() + "."
