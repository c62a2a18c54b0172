"""What people should know about spending: limits that fill up, hours that cost too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import session
from components.govern.alert_card import alert_card, allow, saw, stop_button
from components.govern.table import table
from components.govern.view import View
from components.layout import heading, section
from components.words import NUSD, clock, count, muted, plain
from core.governance.alerts import LOUD, alerts, whose
from core.governance.halt import halted
from core.identity import may

CARDS_MAX = 20
KINDS = {
    "threshold": "Limit",
    "refusal": "Limit reached",
    "anomaly": "Anomaly",
    "stop": "Stopped",
}


def draw() -> None:
    """The view: what nobody has seen, what is stopped, every alert there was."""
    studio, person = session.studio(), session.person()
    rows = alerts(studio.database, person.org_id)
    waiting = [row for row in rows if row.seen_at is None and row.severity in LOUD]
    _stopped(halted(studio.database, person.org_id))
    _unseen(waiting)
    lines = [alert_line(row) for row in rows]
    hooked = {"posted": st.column_config.TextColumn("Webhook", width="small")}
    with section("All alerts", "what nobody has seen first"):
        table(
            lines,
            key="alerts",
            columns={
                "at": st.column_config.TextColumn("At", width=120),
                "severity": st.column_config.TextColumn("Severity", width=80),
                "kind": st.column_config.TextColumn("Kind", width=110),
                "what": st.column_config.TextColumn("What", width=560),
                "delta": st.column_config.TextColumn(
                    "Above usual, USD", alignment="right", width=130
                ),
                "seen": st.column_config.TextColumn("Seen by", width="small"),
                **(hooked if any(line["posted"] for line in lines) else {}),
            },
            alt="Alerts with severity, kind, sentence, who saw them and what the webhook did",
            empty=_empty(),
        )


def alert_line(row: Any) -> dict[str, Any]:
    """One alert as a line of the table and of its CSV."""
    seen = whose(session.studio().database, f"person:{row.seen_by}") if row.seen_by else ""
    delta = row.cause.get("delta")
    return {
        "at": clock(row.at),
        "severity": row.severity,
        "kind": KINDS.get(row.kind, row.kind),
        "what": row.title,
        "scope": row.scope,
        "delta": "" if delta is None else f"{delta / NUSD:,.4f}",
        "first_cause": row.cause.get("first", ""),
        "seen": seen,
        "posted": clock(row.sent_at) if row.sent_at else row.trouble,
    }


def _unseen(waiting: Sequence[Any]) -> None:
    org = f"org:{session.person().org_id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading("To see", count(len(waiting), "alert") if waiting else "")
        st.space("stretch")
        if len(waiting) > 1:
            ids = [row.id for row in waiting]
            st.button("All seen", key="all_seen", on_click=saw, args=(ids,))
        is_stopped = org in halted(session.studio().database, session.person().org_id)
        if not is_stopped and may(session.person().role, "govern"):
            stop_button(org, "org")
    if not waiting:
        st.markdown(muted("Nothing needs your attention."))
    with st.container(width=760, gap="small"):
        for row in waiting[:CARDS_MAX]:
            alert_card(row, place="view")


def _stopped(scopes: Sequence[str]) -> None:
    if not scopes:
        return
    with section("Stopped", "these spend nothing; what is free still runs"):
        for scope in scopes:
            name = whose(session.studio().database, scope)
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width=760):
                st.markdown(f":red[:material/stop_circle:] {plain(name)}", width="stretch")
                if may(session.person().role, "govern"):
                    st.button("Allow again", key=f"allow_{scope}", on_click=allow, args=(scope,))


def _empty() -> str:
    some = session.studio().settings.alert_thresholds
    shares = ", ".join(f"{percent}%" for percent in some)
    return (
        f"No alert yet. One comes when a limit is {shares} used, when it stops a step, and when an"
        " hour costs far more than its own history."
    )


VIEW = View("Alerts", ":material/notifications:", 28, draw)
