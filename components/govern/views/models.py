"""Which providers are there, what the models of the chains cost, and how they have been doing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import PAGES, figures, section
from components.words import because, count, ms, muted, plain, since, took, usd
from core.errors import StudioError
from core.identity import may
from core.llm.provider import listed

PER_MILLION = 1_000  # nano-dollars a token -> dollars a million tokens
POLL_S = 0.5
ENDED = ("done", "failed", "cancelled", "expired")
STATES = {"closed": "ready", "open": "cooling down", "half-open": "next call tries it"}


def draw() -> None:
    """The view: how the models do, one that is tried, then who provides them."""
    with section("Models", "of every chain, as this process has measured them since its start"):
        table(
            model_lines(),
            key="models",
            columns={
                "model": st.column_config.TextColumn("Model", width=185),
                "state": st.column_config.TextColumn("State", width=128),
                "input": _right("Read, USD/1M", 98, "US dollars a million tokens read"),
                "output": _right("Written, USD/1M", 112, "US dollars a million tokens written"),
                "first": _right("First word", 80, "Usual time until the first word"),
                "latency": _right("Whole answer", 98, "Usual time until the last word"),
                "calls": st.column_config.NumberColumn("Calls", format="localized", width=52),
                "failures": st.column_config.NumberColumn("Failed", format="localized", width=54),
                "why": st.column_config.TextColumn("Last failure", width=146),
            },
            alt="Models with state, price and measured speed",
            empty="No chain names a model.",
        )
    if may(session.person().role, "govern"):
        with section(
            "Test a connection",
            "one tiny call, priced and recorded; it does not wait for a cooldown",
        ):
            running = _running()
            st.fragment(_tester, run_every=POLL_S if running else None)()
    with (
        section("Providers", "keys come from the settings; without its key a provider is absent"),
        st.container(width=760),
    ):
        figures(["", ""], providers(), "facts_providers")


def _right(title: str, width: int, about: str) -> Any:
    return st.column_config.TextColumn(title, alignment="right", width=width, help=about)


def providers() -> list[list[str]]:
    """One line a provider: what it is for, and where it is or which setting it lacks."""
    there = ":green[:material/check_circle:] configured"
    lines = []
    for one in sorted(listed(session.studio().llm.config), key=lambda one: bool(one.missing)):
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
        "first": ms(standing.first_token_ms),
        "latency": ms(standing.latency_ms),
        "calls": standing.calls,
        "failures": standing.failures,
        "why": f"{absent} is not set" if absent else because(standing.reason),
    }


def _absent(llm: Any, model: str) -> str:
    """The setting without which the model is absent, or nothing."""
    try:
        provider, _ = llm.provider(model)
    except StudioError:
        return ""
    return str(provider.missing(llm.config))


def _prices(llm: Any, model: str) -> dict[str, str]:
    """Dollars a million tokens; what is free and what nobody knows is said in words."""
    try:
        price = llm.price(model)
    except StudioError:
        return {"input": "unknown", "output": "unknown"}
    return {"input": _dollars(price.input), "output": _dollars(price.output)}


def _dollars(a_token: Any) -> str:
    return f"{float(a_token / PER_MILLION):,.3f}" if a_token else "free"


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
            help="Any model may be typed, as provider/name",
        )
        pressed = st.button(
            "Test connection",
            icon=":material/network_ping:",
            key="test_connection",
            disabled=not model,  # not while one runs: it would lose the keyboard's focus
        )
    if pressed and model and not running:
        try:
            st.session_state["models_test"] = session.studio().submit(
                session.person(),
                "models.test",
                {"model": model},
                session=session.session_id(),
                trace=session.trace(),
            )
        except StudioError as error:
            st.error(plain(error.hint, 400) or " ", title=plain(error.message, 300))
            return
        st.rerun()
    if running:
        st.session_state["models_test_polled"] = running
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            waited = took(since(session.studio().kernel.task(running).created_at))
            said = muted(f"Waiting for the answer · {waited}")
            st.markdown(f":material/progress_activity: {said}", width="content")
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key="stop_test",
                type="tertiary",
                on_click=session.stop,
                args=(running,),
            )
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
        error = task.error
        with st.container(width=760, gap="xsmall"):
            st.error(plain(error["hint"], 500) or " ", title=plain(error["message"], 300))
            _receipt_link(task)
        return
    if not task.output:
        st.markdown(muted("The test was stopped."))
        return
    made = task.output
    first = made["first_token_ms"]
    parts = [
        f"answered in {ms(made['latency_ms'])}",
        f"first word after {ms(first)}" if first is not None else "",
        count(made["tokens"], "token"),
        _paid(made),
    ]
    with st.container(width=760, gap="xsmall"):
        said = ", ".join(part for part in parts if part)
        st.success(said[:1].upper() + said[1:] + ".", title=plain(made["model"], 200))
        _receipt_link(task)


def _paid(made: Any) -> str:
    """What the test cost, to the millionth of a dollar."""
    if not made["cost_nusd"]:
        return "free"
    return f"{usd(made['cost_nusd'], 6)}{', estimated' if made['estimated'] else ''}"


def _receipt_link(task: Any) -> None:
    st.page_link(
        PAGES["governance"],
        label="Open its receipt",
        icon=":material/receipt_long:",
        query_params={"view": "runs", "task": task.id},
    )


VIEW = View("Models", ":material/hub:", 25, draw)
