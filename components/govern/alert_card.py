"""An alert: what happened, why as a picture, and what can be done about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.layout import PAGES
from components.task.receipt import prompt_names
from components.theme import QUIET, mode, palette
from components.words import MINUS, NUSD, ago, muted, named, plain, usd
from core.errors import StudioError
from core.governance.alerts import see, whose
from core.governance.halt import halt, resume
from core.identity import may

COLOUR = {"critical": "red", "warning": "orange"}
ICON = {
    "critical": ":material/error:",
    "warning": ":material/warning:",
    "info": ":material/info:",
}
FACTORS = {
    "volume": "Number of calls",
    "tokens": "Tokens a call",
    "price": "Price a token",
    "cache": "Caches",
}
BY = {"person": "Person", "operation": "Operation", "model": "Model", "prompt": "Prompt"}
WAYS = {"person": "Person", "task": "Run"}  # of Spend, for scopes that it tells apart


def alert_card(alert: Any, *, place: str) -> None:
    """One alert with its cause and its buttons. `place` keeps keys apart when drawn twice."""
    key = f"{place}_{alert.id}"
    with st.container(border=True, key=f"alert_{key}", gap="xsmall"):
        st.markdown(headline(alert))
        if alert.kind == "anomaly":
            _why(alert.cause, key)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if alert.seen_at is None:
                st.button("Seen", key=f"seen_{key}", on_click=saw, args=([alert.id],))
            st.page_link(PAGES["governance"], label="Open spend", query_params=spend_of(alert))
            if alert.kind != "stop" and may(session.person().role, "govern"):
                stop_button(alert.scope, key)


def headline(alert: Any) -> str:
    """The alert's sentence with its sign, and beneath it how grave and how old it is."""
    sign = ICON.get(alert.severity, ICON["info"])
    if alert.severity in COLOUR:
        sign = f":{COLOUR[alert.severity]}[{sign}]"
    seen = ""
    if alert.seen_at:
        name = whose(session.studio().database, f"person:{alert.seen_by}")
        seen = f" · seen by {plain(name)}"
    note = f"{alert.severity.capitalize()} · {ago(alert.at)}{seen}{posted(alert)}"
    return f"{sign} **{plain(alert.title, 400)}**  \n{muted(note)}"


def posted(alert: Any) -> str:
    """What became of it at the webhook: " · posted", " · not posted: it answered 500"."""
    if alert.sent_at:
        return " · posted"
    if not alert.trouble:
        return ""
    again = "will be tried again" if alert.send_at else "given up"
    return f" · not posted: {plain(alert.trouble)}, {again}"


def waterfall(cause: dict[str, Any]) -> dict[str, Any]:
    """From the usual hour to this one, a bar a factor, what raised it first."""
    colours = palette(mode())
    parts = sorted(cause["parts"].items(), key=lambda part: -part[1])
    level, bars = cause["usual"], [("Usual hour", 0, cause["usual"], usd(cause["usual"]))]
    for name, nusd in parts:
        if nusd:
            bars.append((FACTORS[name], min(level, level + nusd), abs(nusd), change(nusd)))
            level += nusd
    bars.append(("This hour", 0, cause["spent"], usd(cause["spent"])))
    total, point, rest = colours["grayTextColor"], colours["blueColor"], QUIET
    moved = [nusd for _, nusd in parts if nusd]
    tones = [total, *(point if nusd == max(moved) else rest for nusd in moved), total]
    shown = [
        {
            "value": size / NUSD,
            "name": name,
            "itemStyle": {"color": tone},
            "label": {"formatter": text},
        }
        for (name, _, size, text), tone in zip(bars, tones, strict=True)
    ]
    hidden = {"type": "bar", "stack": "all", "silent": True, "itemStyle": {"opacity": 0}}
    label = {"show": True, "position": "right", "color": colours["textColor"]}
    return {
        "animationDuration": 300,
        "grid": {"left": 4, "right": 84, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [bar[0] for bar in bars],
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": {"color": colours["grayTextColor"]},
        },
        "series": [
            {**hidden, "data": [bar[1] / NUSD for bar in bars]},
            {"type": "bar", "stack": "all", "barMaxWidth": 16, "data": shown, "label": label},
        ],
    }


def change(nusd: int) -> str:
    """`+$0.66`, or with a true minus what fell; cents have digits where there are only cents."""
    said = usd(abs(nusd), 2 if abs(nusd) >= NUSD // 100 else 4)
    return f"+{said}" if nusd > 0 else f"{MINUS}{said}"


def movers(cause: dict[str, Any], name: str, most: int = 3) -> str:
    """Who moved it: "openai/large +$0.66, openai/small -$0.07"."""
    found = [one for one in cause["by"].get(name, [])[:most] if one["nusd"]]
    return ", ".join(
        f"{plain(_member(name, one['name']), 40)} {plain(change(one['nusd']))}" for one in found
    )


def spend_of(alert: Any) -> dict[str, str]:
    """The address of what the alert's scope spent."""
    kind, _, id = alert.scope.partition(":")
    if kind == "task":
        id = id.partition(":")[0]  # of a use case within the run: task:ID:NAME
    if kind in WAYS:
        return {"view": "spend", "by": WAYS[kind], "filter_spend": id}
    return {"view": "spend", "by": "Model" if alert.kind == "anomaly" else "Operation"}


def stop_button(scope: str, key: str) -> None:
    """Asks once, then stops the spending of the scope."""
    name = whose(session.studio().database, scope)
    with st.popover("Stop spending", key=f"stop_{key}", icon=":material/stop_circle:"):
        st.markdown(
            f"**{plain(name)}** spends nothing more until somebody allows it again. What runs now"
            " is stopped; what it made so far is kept and paid."
        )
        st.button("Stop now", key=f"stop_now_{key}", type="primary", on_click=stop, args=(scope,))


def saw(ids: list[str]) -> None:
    """These alerts were seen by the person at the page."""
    person = session.person()
    see(session.studio().database, person.org_id, ids, person.id)


def stop(scope: str) -> None:
    """The scope spends no more; a toast says what was stopped, or why it was not."""
    studio = session.studio()
    try:
        stopped = halt(studio.kernel, studio.ledger, session.person(), scope)
    except StudioError as error:
        st.toast(plain(error.message), icon=":material/error:")
    else:
        tasks = f"{len(stopped)} running task{'s' if len(stopped) != 1 else ''}"
        st.toast(f"Spending is stopped, {tasks} too.", icon=":material/stop_circle:")


def allow(scope: str) -> None:
    """The scope may spend again; a toast says so, or why not."""
    studio = session.studio()
    try:
        resume(studio.database, studio.ledger, session.person(), scope)
    except StudioError as error:
        st.toast(plain(error.message), icon=":material/error:")
    else:
        st.toast("It may spend again.", icon=":material/check_circle:")


def _why(cause: dict[str, Any], key: str) -> None:
    made = waterfall(cause)
    count = len(made["yAxis"]["data"])
    words = ", ".join(f"{FACTORS[name]} {change(n)}" for name, n in cause["parts"].items() if n)
    st.echarts_chart(
        made,
        height=28 * count + 12,
        key=f"why_{key}",
        alt=f"From {usd(cause['usual'])} in a usual hour to {usd(cause['spent'])}: {words}",
    )
    lines = [f"{muted(BY[name])} {said}" for name in BY if (said := movers(cause, name))]
    st.markdown("  \n".join(lines))


def _member(name: str, value: str) -> str:
    if name == "person":
        return whose(session.studio().database, f"person:{value}") if value else "others"
    if name == "operation":
        return named(value) or "others"
    if name == "prompt":
        return prompt_names().get(value, f"prompt {value[:8]}") if value else "no template"
    return value or "others"
