"""Which providers are there, what the models of the chains cost, and how they have been doing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import figures, section
from components.words import count, muted, plain, usd
from core.errors import StudioError
from core.identity import may
from core.llm.provider import listed

PER_MILLION = 1_000  # nano-dollars a token -> dollars a million tokens
POLL_S = 0.5
ENDED = ("done", "failed", "cancelled", "expired")
STATES = {"closed": "ready", "open": "cooling down", "half-open": "being probed"}


def draw() -> None:
    """The view: who is there, then the models, then one that is tried."""
    with section("Providers", "keys come from the settings; one without its key is absent"):
        figures(["", ""], providers(), "facts_providers")
    with section("Models", "of every chain, with what a million tokens cost"):
        table(
            model_lines(),
            key="models",
            columns={
                "model": st.column_config.TextColumn("Model", width="medium"),
                "state": st.column_config.TextColumn("State", width=120),
                "input": st.column_config.NumberColumn("In, USD/M", format="%.3f", width=90),
                "output": st.column_config.NumberColumn("Out, USD/M", format="%.3f", width=90),
                "latency": st.column_config.TextColumn("Answer", alignment="right", width=90),
                "first": st.column_config.TextColumn("First word", alignment="right", width=90),
                "calls": st.column_config.NumberColumn("Calls", width=70),
                "failures": st.column_config.NumberColumn("Failed", width=70),
                "why": st.column_config.TextColumn("Last reason", width="medium"),
            },
            alt="Models with state, price and measured speed",
            empty="No chain names a model.",
        )
    if may(session.person().role, "govern"):
        with section("Test a connection", "one tiny call, priced and recorded like any other"):
            running = _running()
            st.fragment(_tester, run_every=POLL_S if running else None)()


def providers() -> list[list[str]]:
    """One line a provider: what it is for, and where it is or which setting it lacks."""
    there = ":green[:material/check_circle:] configured"
    lines = []
    for one in listed(session.studio().llm.config):
        name = plain(one.title if one.host or one.missing else f"{one.title}: {one.name}")
        kind = "" if one.kind == "models" else f"  :gray[{plain(one.kind)}]"
        state = f"{there}  :gray[{plain(one.host)}]" if one.host else there
        if one.missing:
            state = f":gray[{plain(one.missing)} is not set]"
        lines.append([name + kind, state])
    return lines


def model_lines() -> list[dict[str, Any]]:
    """The models of the studio's chain and of every policy, with price and health."""
    llm = session.studio().llm
    names = list(dict.fromkeys(chain_models()))
    return [_line(llm, standing) for standing in llm.health(names)]


def chain_models() -> Iterable[str]:
    """Every model that some chain names: the studio's first, then those of the policies."""
    studio = session.studio()
    yield from studio.llm.chain()
    policies = getattr(studio, "policies", None)
    if policies is None:
        return
    org_id = session.person().org_id
    for name in policies.names(org_id):
        for _, policy in policies.arms(name, org_id).values():
            yield from studio.llm.chain(policy.models)


def _line(llm: Any, standing: Any) -> dict[str, Any]:
    absent = _absent(llm, standing.model)
    state = STATES[standing.state]
    if standing.cooldown_s:
        state = f"{state}, {standing.cooldown_s} s"
    return {
        "model": standing.model,
        "state": "absent" if absent else state,
        **_prices(llm, standing.model),
        "latency": _ms(standing.latency_ms),
        "first": _ms(standing.first_token_ms),
        "calls": standing.calls,
        "failures": standing.failures,
        "why": f"{absent} is not set" if absent else standing.reason.replace("_", " "),
    }


def _ms(measured: int | None) -> str:
    """`1,240 ms`; nothing where nothing was measured."""
    return "" if measured is None else f"{count(measured)} ms"


def _absent(llm: Any, model: str) -> str:
    """The setting without which the model is absent, or nothing."""
    try:
        provider, _ = llm.provider(model)
    except StudioError:
        return ""
    return str(provider.missing(llm.config))


def _prices(llm: Any, model: str) -> dict[str, float | None]:
    """Dollars a million tokens; None where nobody knows."""
    try:
        price = llm.price(model)
    except StudioError:
        return {"input": None, "output": None}
    return {
        "input": float(price.input / PER_MILLION),
        "output": float(price.output / PER_MILLION),
    }


def _tester() -> None:
    """Choose a model, test it, read the outcome; the rest of the page stays usable meanwhile."""
    running = _running()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        model = st.selectbox(
            "Model",
            list(dict.fromkeys(chain_models())),
            key="test_model",
            accept_new_options=True,
            width=340,
            help="Any model may be typed, as PROVIDER/NAME",
        )
        pressed = st.button(
            "Test connection",
            icon=":material/network_ping:",
            key="test_connection",
            disabled=bool(running) or not model,
        )
    if pressed and model:
        st.session_state["models_test"] = session.studio().submit(
            session.person(),
            "models.test",
            {"model": model},
            session=session.session_id(),
            trace=session.trace(),
        )
        st.rerun()
    if running:
        st.session_state["models_test_polled"] = running
        st.markdown(f":material/progress_activity: {muted('Waiting for the answer')}")
    elif "models_test" in st.session_state:
        if st.session_state.pop("models_test_polled", None):
            st.rerun()  # the table above shows what was measured, and nothing polls any more
        _outcome(session.studio().kernel.task(st.session_state["models_test"]))


def _running() -> str:
    """The id of the test that has not ended, or nothing."""
    task_id = str(st.session_state.get("models_test", ""))
    if not task_id or session.studio().kernel.task(task_id).state in ENDED:
        return ""
    return task_id


def _outcome(task: Any) -> None:
    """What a test found: the answer with its cost and time, or the error and its way out."""
    if task.error:
        st.error(plain(task.error["hint"], 400) or " ", title=plain(task.error["message"], 300))
        return
    if not task.output:
        st.markdown(muted("The test was stopped."))
        return
    made = task.output
    first = made["first_token_ms"]
    parts = [
        f"answered in {_ms(made['latency_ms'])}",
        f"first word after {_ms(first)}" if first is not None else "",
        count(made["tokens"], "token"),
        f"{usd(made['cost_nusd'], 6)}{', estimated' if made['estimated'] else ''}",
    ]
    st.success(", ".join(part for part in parts if part), title=plain(made["model"], 200))


VIEW = View("Models", ":material/hub:", 25, draw)
