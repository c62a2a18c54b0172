"""Top right, always there: the organisation, money left today, alerts, approvals, running tasks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.approval_card import approval_card
from components.govern.alert_card import headline, saw
from components.govern.money import day_limit, took_today
from components.layout import PAGES, facts, meter
from components.sign_in import account
from components.theme import mode, palette
from components.words import clock, muted, plain, since, titled, took, usd
from core import governance
from core.governance.alerts import alerts

NEAR = 0.15  # the share of a limit below which its meter asks for attention


def draw(title: str) -> None:
    """The bar of this run of the page."""
    with st.container(
        key="topbar", horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False
    ):
        with st.container(key="crumb", width="content"):
            st.session_state["crumb"] = st.empty()
            st.session_state["crumb"].markdown(f"**{title}**", wrap=False)
        st.space("stretch")
        _money()
        _alerts()
        _approvals()
        _tasks()
        _organisation()
        _person()


@st.fragment(run_every=5)  # a number: Streamlit reads "5s" with pandas, which costs a second
def pulse() -> None:
    """Rerun the page when something new would stand behind a badge, from other tabs too."""
    seen = _badged()
    before = st.session_state.get("pulse")
    st.session_state["pulse"] = seen
    if before is not None and seen != before:
        st.rerun()


def open_tasks() -> list[Any]:
    """The organisation's unfinished tasks, newest first."""
    studio, org_id = session.studio(), session.person().org_id
    return list(governance.tasks(studio.database, org_id, state="open", limit=50))


def _badged() -> tuple[set[Any], ...]:
    """What stands behind the badges: as many others instead are news too."""
    studio, org_id = session.studio(), session.person().org_id
    waits = governance.waits(studio.database, org_id)
    tasks, alerted = ({row.id for row in rows} for rows in (open_tasks(), unseen_alerts()))
    return {(wait.task_id, wait.seq) for wait in waits}, tasks, alerted


def unseen_alerts() -> list[Any]:
    """What people should know and nobody has seen, newest first."""
    studio, org_id = session.studio(), session.person().org_id
    return list(alerts(studio.database, org_id, unseen=True, limit=50))


def _money() -> None:
    limit = day_limit()
    if limit is None:
        return
    share = limit.left / limit.max if limit.max else 0.0
    colours = palette(mode())
    colour = colours["orangeColor"] if share < NEAR else colours["primaryColor"]
    label = f"{meter(share, 'Money left today', colour)} {usd(limit.left)}"
    with st.popover(label, type="tertiary", key="money"), st.container(width=300, gap="small"):
        note = f"{usd(limit.spent)} spent, {usd(limit.held)} on hold, limit {usd(limit.max)}"
        resets = f", resets {clock(limit.resets_at)}" if limit.resets_at else ""
        st.markdown(f"**{usd(limit.left)} left today**  \n{muted(note + resets)}")
        took_it = took_today()
        if took_it:
            facts([(plain(name), usd(nusd)) for name, nusd in took_it], "money")
        else:
            st.markdown(muted("Nothing was spent today."))
        _link("governance", "Open spend", {"view": "spend"})


def _alerts() -> None:
    rows = unseen_alerts()
    _announce(rows)
    if not rows:
        return  # no news is no badge: on a phone the bar is full without it
    grave = any(row.severity == "critical" for row in rows)
    label = f":{'red' if grave else 'orange'}[:material/notifications: {len(rows)}]"
    badge = st.popover(label, type="tertiary", key="alerts", help="Alerts nobody has seen")
    with badge.container(width=340, gap="small"):
        for row in rows[:4]:
            st.markdown(headline(row))
        ids = [row.id for row in rows]
        st.button("Mark as seen", key="seen_bar", on_click=saw, args=(ids,))
        _link("governance", "Open alerts", {"view": "alerts"})


def _announce(rows: list[Any]) -> None:
    """What came while this window was open is said once; what was there before has its badge."""
    told = st.session_state.get("alerts_told")
    new = [row for row in rows if told is not None and row.id not in told]
    st.session_state["alerts_told"] = {row.id for row in rows} | (told or set())
    for row in new[:2]:
        st.toast(plain(row.title, 300), icon=":material/notifications:")


def _approvals() -> None:
    studio, person = session.studio(), session.person()
    waits = governance.waits(studio.database, person.org_id)
    label = f":material/approval: {len(waits)}"
    if waits:
        label = f":orange[{label}]"
    badge = st.popover(label, type="tertiary", key="approvals", help="Approvals waiting for me")
    with badge.container(width=340, gap="small"):
        if not waits:
            st.markdown(f"**Nothing waits for you**  \n{muted('Approvals appear here.')}")
            return
        st.markdown("**Waiting for you**")
        for wait in waits[:5]:
            approval_card(wait, place="bar")
        _link("governance", "Open the queue", {"view": "approvals"})


def _tasks() -> None:
    tasks = open_tasks()
    label = f":material/progress_activity: {len(tasks)}"
    badge = st.popover(label, type="tertiary", key="running", help="Running tasks")
    with badge.container(width=340, gap="small"):
        if not tasks:
            st.markdown(f"**Nothing is running**  \n{muted('Tasks appear here.')}")
        for task in tasks[:8]:
            _task(task)


def _task(task: Any) -> None:
    name = titled(task.operation, task.input)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            PAGES["insight_lab" if task.operation == "insight.ask" else "task"],
            label=plain(name, 42),
            query_params={"task": task.id},
            width="stretch",
        )
        note = f"{task.state} {took(since(task.created_at))} · {plain(usd(task.cost_nusd))}"
        st.markdown(muted(note), width="content")
        st.button(
            "Stop",
            key=f"stop_bar_{task.id}",
            icon=":material/stop_circle:",
            type="tertiary",
            on_click=session.stop,
            args=(task.id,),
        )


def _organisation() -> None:
    with st.container(key="org", width="content"):
        st.markdown(muted(plain(session.person().org_name, 40)), width="content", wrap=False)


def _person() -> None:
    person = session.person()
    initials = "".join(part[0] for part in person.name.split()[:2]).upper() or "ME"
    if not session.is_local():
        account(initials, person.name, f"{person.role} · {person.org_name}")
        return
    about = f"{person.name}, {person.org_name}"
    badge = st.popover(initials, type="tertiary", key="me", help=about)
    with badge.container(width=270, gap="small"):
        role = muted(f"{plain(person.role)} · {plain(person.org_name)}")
        st.markdown(f"**{plain(person.name)}**  \n{role}")
        st.badge("Local mode", icon=":material/lock:", color="gray")
        st.caption(
            "You are signed in as the owner because the studio only answers on this computer."
        )


def _link(page: str, label: str, address: dict[str, str]) -> None:
    st.page_link(PAGES[page], label=label, icon=":material/arrow_forward:", query_params=address)
