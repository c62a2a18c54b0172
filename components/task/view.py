"""One task of any operation: what it was given, its steps live, what came out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from components import session
from components.approval_card import approval_card
from components.lab import run_steps
from components.lab.deck_view import draw_slide, on_page
from components.layout import PAGES, facts, section
from components.task.receipt import receipt
from components.words import clock, ms, muted, named, plain, usd
from core import governance
from core.kernel.operation import OPERATIONS
from core.kernel.records import ENDED

LIST_MAX = 12
ITEMS_MAX = 25  # things with fields on a page; all are in the download
BRIEF = ("Model", "Tokens", "Ended", "Cost")  # of the receipt of one of many
HASH = re.compile(r"[0-9a-f]{64}")
LONG = 90  # characters; longer texts get the whole width, to the left
UNITS: dict[str, Callable[[Any], str]] = {
    "_nusd": lambda nusd: usd(int(nusd), 4) if nusd else "$0.00",
    "_ms": ms,
    "_s": lambda seconds: f"{seconds:,g} s",
}
RECEIPT = {  # fields of an answer's receipt, which are drawn together
    "model", "attempts", "usage", "cost_nusd", "breakdown", "estimated", "latency_ms",
    "first_token_ms", "cached", "budget", "use_case", "variant", "prompt_hash", "tokens",
    "finish_reason",
}  # fmt: skip


def draw(task: Any) -> None:
    """The whole page of the task: while it runs its steps come first, then its result."""
    st.title(named(task.operation), anchor=False)
    for wait in governance.waits(session.studio().database, task.org_id):
        if wait.task_id == task.id:
            approval_card(wait, place="task")
    log = run_steps.log_of(task)
    if task.state not in ENDED:
        left, right = st.columns([3, 2], gap="large")
        with right:
            _given(task)
        with left.container(gap="small"):
            run_steps.live(task, log, lambda: None)
        return
    left, right = st.columns([3, 2], gap="large")
    with left.container(gap="medium"):
        run_steps.verdict(task, log)
        _result(task)
    with right.container(gap="medium"):
        _given(task)
        run_steps.folded(task, log)
        _ways(task)


def _given(task: Any) -> None:
    with section("Given"):
        facts(lines(task.input), f"input_{task.id[:8]}")


def _ways(task: Any) -> None:
    """Where to go from here."""
    with st.container(gap="xxsmall"):
        st.page_link(
            PAGES["task"],
            label="Run another",
            icon=":material/replay:",
            query_params={"operation": task.operation},
        )
        st.page_link(
            PAGES["governance"],
            label="Open in Governance",
            icon=":material/shield_person:",
            query_params={"view": "runs", "task": task.id},
        )


def lines(value: dict[str, Any]) -> list[tuple[str, str]]:
    """What a model holds as names and values for people; secrets and nothing left out."""
    return [
        (plain(_called(name)), said)
        for name, one in value.items()
        if (said := _measured(name, one)) and not _is_secret(one)
    ]


def _called(name: str) -> str:
    """A field without its unit, which stands at the value."""
    return named(next((name.removesuffix(end) for end in UNITS if name.endswith(end)), name))


def _measured(name: str, value: Any) -> str:
    """The value with the unit that its field's name ends with."""
    unit = next((say for end, say in UNITS.items() if name.endswith(end)), None)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain(unit(value)) if unit and is_number else _said(value)


def _said(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict):
        if "hash" in value and "name" in value:
            return plain(value["name"], 80)
        return "; ".join(f"{plain(named(str(k)), 70)}: {_said(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value[:LIST_MAX])
    return _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    text = str(value)
    return f"`{text[:12]}`" if HASH.fullmatch(text) else plain(text, 300)


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not value.strip("*")


def _result(task: Any) -> None:
    with section("Result", clock(task.ended_at)):
        if not task.output:
            st.markdown(muted("It ended without one. What it did until then is in its steps."))
            return
        _outcome(_unreceipted(task.output), f"output_{task.id[:8]}")
        _deck(task)
        if any(map(_is_items, task.output.values())):
            _download(task)
    if _has_receipt(task.output):
        with section("Receipt"):
            facts(receipt(task.output), f"receipt_{task.id[:8]}")


def _has_receipt(made: dict[str, Any]) -> bool:
    return {"model", "cost_nusd", "latency_ms"} <= made.keys()


def _unreceipted(made: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in made.items() if not _has_receipt(made) or k not in RECEIPT}


def _is_items(value: Any) -> bool:
    """A list of things with fields, which are drawn one below the other; files have a name only."""
    things = isinstance(value, list) and value
    return bool(things) and all(isinstance(one, dict) and "hash" not in one for one in value)


def _items(items: list[dict[str, Any]], key: str) -> None:
    """The first of them, each with its text or error first and its receipt in a line."""
    for number, item in enumerate(items[:ITEMS_MAX], start=1):
        with st.container(border=True, gap="xsmall", key=f"item_{key}_{number}"):
            st.markdown(muted(f"{number}"))
            _item(item, f"{key}_{number}")
    if len(items) > ITEMS_MAX:
        st.markdown(muted(f"{len(items) - ITEMS_MAX:,} more are in the download."))


def _item(item: dict[str, Any], key: str) -> None:
    held = {name: one for name, one in item.items() if one not in (None, "", [], {})}
    only = next(iter(held.values())) if len(held) == 1 else held
    made = only if isinstance(only, dict) else held
    if {"message", "hint"} <= made.keys():  # an error as a value
        st.markdown(f":material/error: {plain(made['message'], 300)}")
        st.markdown(muted(plain(made["hint"], 300)))
        return
    _outcome(_unreceipted(made), key)
    if _has_receipt(made):
        told = [said for name, said in receipt(made) if name in BRIEF]
        st.markdown(muted(" · ".join(told)))


def _download(task: Any) -> None:
    st.download_button(
        "Download all",
        data=json.dumps(task.output, ensure_ascii=False, indent=1),
        file_name=f"{task.operation}-{task.id[:8]}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def _outcome(made: dict[str, Any], key: str) -> None:
    """Texts to read first, as they are; things with fields each by itself; then the rest."""
    things = {name: one for name, one in made.items() if _is_items(one)}
    for name, items in things.items():
        _items(items, f"{key}_{name}")
    made = {name: one for name, one in made.items() if name not in things}
    texts = {k: v for k, v in made.items() if isinstance(v, str) and (len(v) > LONG or "\n" in v)}
    only = next(iter(made)) if len(made) == 1 else ""
    if only and isinstance(made[only], str) and not HASH.fullmatch(made[only]):
        texts = made
    for name, text in texts.items():
        if len(made) > 1:
            st.markdown(muted(plain(named(name))))
        with st.container(key=f"said_{key}_{name}"):
            st.text(text)
    rest = lines({k: v for k, v in made.items() if k not in texts})
    if rest:
        facts(rest, key)


def _deck(task: Any) -> None:
    """An output that names a deck is shown as one."""
    hash = task.output.get("deck")
    if "deck" not in OPERATIONS[task.operation].output.model_fields or not hash:
        return
    st.page_link(
        PAGES["insight_lab"],
        label="Open in Insight Lab",
        icon=":material/query_stats:",
        query_params={"task": task.id},
    )
    deck = session.deck(hash)
    for number, slide in on_page(deck):
        draw_slide(number, slide, deck, recompute=False)
