"""The question box, three questions the data suggests, and what a run may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from pydantic import ValidationError

from components import session
from components.lab.address import Chosen
from components.lab.allowed import allowed
from components.lab.run_steps import budget_nusd
from components.lab.sources import read_options
from components.words import NUSD, plain
from core.errors import StudioError

if TYPE_CHECKING:
    from core.insight import Question


def box(sources: Sequence[Chosen], suggestions: Sequence[str], *, key: str) -> None:
    """Ask; a question starts a task and opens it. Nothing is asked of no sources."""
    with st.container(gap="xsmall", key=f"box_{key}"):
        asked = st.chat_input(
            "Ask a question of these sources" if sources else "Add a file first, then ask",
            key=f"ask_{key}",
            disabled=not sources,
            max_chars=2_000,
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for i, text in enumerate(suggestions[:3]):
                if st.button(
                    plain(text, 90),
                    key=f"suggested_{key}_{i}",
                    icon=":material/lightbulb:",
                    type="tertiary",
                ):
                    asked = text
            st.space("stretch")
            limits = settings(key)
    if asked and str(asked).strip():
        start(str(asked).strip(), sources, limits)


def settings(key: str) -> dict[str, Any]:
    """What this run may spend, how long it may search, with which tools, under which tags."""
    defaults, most = session.studio().settings, allowed()
    most_usd = 1_000.0 if most.nusd is None else most.nusd / NUSD
    with (
        st.popover("Limits", icon=":material/tune:", type="tertiary", key=f"limits_{key}"),
        st.container(width=320),
    ):
        budget = st.number_input(
            "Budget for this run, in USD",
            min_value=0.0,
            max_value=most_usd,
            value=min(float(defaults.ask_budget_usd), most_usd),
            step=0.1,
            format="%.2f",
            key=f"budget_{key}",
            help=f"{plain(most.why)} The run stops before it would cost more; what it found until"
            " then is kept.",
        )
        iterations = st.number_input(
            "Iterations at most",
            min_value=1,
            max_value=most.iterations,
            value=min(int(defaults.ask_iterations), most.iterations),
            key=f"iterations_{key}",
            help="How many times it may choose and run a tool.",
        )
        tools = st.multiselect(
            "Tools allowed",
            most.tools,
            key=f"tools_{key}",
            placeholder="All tools",
            format_func=lambda name: name.replace("_", " ").capitalize(),
        )
        tags = st.multiselect(
            "Governance tags",
            [],
            key=f"tags_{key}",
            accept_new_options=True,
            placeholder="Add a tag",
            help="Found again in Governance, e.g. confidential, board.",
        )
    return {
        "budget": {"nusd": round(float(budget) * NUSD)},
        "iterations": int(iterations),
        "tools": list(tools),  # none chosen: all of them
        "tags": list(tags),
    }


def again(task: Any) -> None:
    """A button that asks the same of the same sources, within the same limits, as a new task."""
    from core.insight import Question

    if st.button("Ask again", icon=":material/replay:", key="same_again"):
        most = budget_nusd(task)
        _ask(Question.model_validate(task.input), None if most is None else {"nusd": most})


def start(question: str, sources: Sequence[Chosen], limits: dict[str, Any]) -> None:
    """A task that answers `question`; the page then shows it by its address."""
    from core.insight import Question

    limits = dict(limits)
    budget = limits.pop("budget")
    try:
        asked = Question(
            question=question,
            sources=[one.source for one in sources],
            read={one.source.hash: options for one in sources if (options := read_options(one))},
            **limits,
        )
    except ValidationError as error:
        problem = error.errors()[0]
        st.error(
            plain(f"{problem['loc'][0]}: {problem['msg']}", 300), title="This cannot be asked."
        )
    else:
        _ask(asked, budget)


def _ask(asked: Question, budget: dict[str, int] | None) -> None:
    try:
        task_id = session.studio().ask(
            session.person(),
            asked,
            budget=budget,
            session=session.session_id(),
            trace=session.trace(),
        )
    except StudioError as error:
        st.error(plain(error.hint, 400) or " ", title=plain(error.message, 300))
        return
    st.query_params.from_dict({"task": task_id})
    st.rerun()
