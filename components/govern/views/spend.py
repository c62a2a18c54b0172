"""Where the money and the tokens went."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import figures, heading, section
from components.task.receipt import prompt_names
from components.theme import mode, palette
from components.words import NUSD, count, named, plain, since, titled, took, usd
from core import governance
from core.governance.alerts import whose
from core.governance.spend import running

BY = {
    "operation": "Operation",
    "use_case": "Use case",
    "model": "Model",
    "provider": "Provider",
    "person": "Person",
    "unit": "Tokens and units",
    "prompt": "Prompt",
    "variant": "A/B arm",
    "kind": "Kind of call",
    "step": "Kind of step",
    "day": "Day",
    "task": "Run",
}
NOTHING = {  # what a line is called whose calls say nothing of it
    "use_case": "no use case",
    "variant": "not split",
    "prompt": "no template",
}
LIVE_MAX = 8
RUNS_MAX = 500
PLAIN = ("day", "model", "provider", "variant")  # names as they are


def draw() -> None:
    """The view: one question on top, the picture, the lines."""
    by = st.segmented_control(
        "By",
        list(BY),
        default="operation",
        required=True,
        format_func=BY.__getitem__,
        label_visibility="collapsed",
        key="by",
        bind="query-params",
    )
    studio, org_id = session.studio(), session.person().org_id
    live()
    rows = governance.spend(studio.database, org_id, by or "operation")
    cost = sum(row.cost_nusd for row in rows)
    note = f"{usd(cost)} in all, {count(sum(row.tokens for row in rows))} tokens"
    way = BY[by or "operation"]
    heading(f"By {way if way.startswith('A/B') else way.lower()}", note)
    if rows:
        _picture(rows, by or "operation", money=cost > 0)
    with section("Lines"):
        table(
            [
                {
                    "name": name_of(str(row.key), by or "operation"),
                    "key": row.key,
                    **({"open": f"/governance?view=runs&task={row.key}"} if by == "task" else {}),
                    "cost": row.cost_nusd / NUSD,
                    "tokens": row.tokens,
                    "steps": row.steps,
                }
                for row in rows
            ],
            key="spend",
            columns={
                **_first(by or "operation"),
                "cost": st.column_config.NumberColumn("Cost, USD", format="%.4f"),
                "tokens": st.column_config.NumberColumn("Tokens", format="localized"),
                "steps": st.column_config.NumberColumn("Steps", format="localized"),
            },
            alt="Spend with cost, tokens and steps",
            empty="Nothing has run yet.",
            opens="open" if by == "task" else "",
            says="name",
        )


def _first(by: str) -> dict[str, Any]:
    """What names a line: of runs a link to the run."""
    if by == "task":
        return {
            "open": st.column_config.LinkColumn("Run", display_text=r"task=(.{8})", width=90),
            "name": st.column_config.TextColumn("What", width="large"),
        }
    return {"name": st.column_config.TextColumn(BY[by], width="medium")}


def bars(rows: list[Any], by: str, *, money: bool) -> dict[str, Any]:
    """Horizontal bars with the value at their end, the greatest first; tokens where all is free."""
    colours = palette(mode())
    top = sorted(rows, key=lambda row: row.cost_nusd if money else row.tokens, reverse=True)[:8]
    data = [
        {
            "value": row.cost_nusd / NUSD if money else row.tokens,
            "name": name_of(str(row.key), by),
            "label": {"formatter": usd(row.cost_nusd) if money else count(row.tokens)},
        }
        for row in top
    ]
    return {
        "animationDuration": 300,
        "grid": {"left": 4, "right": 84, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [bar["name"] for bar in data],
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": {"color": colours["grayTextColor"], "width": 190, "overflow": "truncate"},
        },
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 18,
                "data": data,
                "itemStyle": {"color": colours["blueColor"], "borderRadius": 2},
                "label": {"show": True, "position": "right", "color": colours["textColor"]},
            }
        ],
    }


def _picture(rows: list[Any], by: str, *, money: bool) -> None:
    what = "cost" if money else "tokens"
    st.echarts_chart(
        bars(rows, by, money=money),
        height=34 * min(len(rows), 8) + 16,
        key=f"spend_{by}_{what}",
        alt=f"{what.capitalize()} by {BY[by].lower()}; the lines below hold the same values",
    )


@st.fragment(run_every=2)
def live() -> None:
    """What runs now, what each task has cost to the cent and what it holds; nothing when idle."""
    studio, org_id = session.studio(), session.person().org_id
    rows = running(studio.database, org_id)
    if not rows:
        return
    cost = sum(row.cost_nusd for row in rows)
    with section("Running now", f"{plain(usd(cost))} so far"):
        figures(
            ["", "So far", "On hold", "Tokens", "For"],
            [
                [
                    plain(titled(row.operation, row.input), 60),
                    plain(usd(row.cost_nusd)),
                    plain(usd(row.held_nusd)),
                    count(row.tokens),
                    took(since(row.created_at)),
                ]
                for row in rows[:LIVE_MAX]
            ],
            "running",
        )


def name_of(key: str, by: str) -> str:
    """A line's name for people."""
    if not key:
        return NOTHING.get(by, "unnamed")
    if by == "task":
        return run_names().get(key, key[:8])
    if by == "prompt":
        return prompt_names().get(key, key[:8])
    if by == "person":
        return whose(session.studio().database, f"person:{key}")
    return key if by in PLAIN else named(key)


@st.cache_data(ttl=5, show_spinner=False, max_entries=16)
def _run_names(org_id: str) -> dict[str, str]:
    rows = governance.tasks(session.studio().database, org_id, limit=RUNS_MAX)
    return {row.id: titled(row.operation, row.input) for row in rows}


def run_names() -> dict[str, str]:
    """Id to title of the newest runs of the person's organisation."""
    return _run_names(session.person().org_id)


VIEW = View("Spend", ":material/payments:", 20, draw)
