"""How each use case may behave, what its arms did, and what this organisation changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import PAGES, facts, figures, section
from components.words import ago, count, lasts, ms, muted, named, plain, usd
from core.errors import NotFound, StudioError
from core.governance.policies import ArmResult, Faulty, as_yaml, compare, difference
from core.identity import may
from core.storage.database import now

DAYS = 30
POLL_S = 2
ARM_HEAD = [
    "Arm", "Differs", "Share", "People", "Calls", "Cost a call", "Tokens a call", "Half within",
    "95% within", "Failed",
]  # fmt: skip
CHOOSE: dict[str, str] = {
    "ordered": "from left to right",
    "cheapest": "the cheapest that fits first",
    "fastest": "the fastest healthy one first",
}
MODERATION: dict[str, str] = {
    "off": "off",
    "local": "built-in rules",
    "full": "built-in rules, and the provider's where it has a key",
}
EXAMPLE = "temperature: 0.2\nrequest_usd: 0.05"


def draw() -> None:
    """What is wrong with the file, then every use case, or the one the address names."""
    policies = session.studio().policies
    _trouble(policies)
    st.session_state["policies_drawn"] = _drawn()
    pulse()
    name = st.query_params.get("case", "")
    if name:
        _one(policies, name)
    else:
        _all(policies)


@st.fragment(run_every=POLL_S)
def pulse() -> None:
    """Rerun the page when what it shows holds no more: the file or another window changed it."""
    if _drawn() != st.session_state["policies_drawn"]:
        st.rerun()


def _drawn() -> object:
    """What the page is drawn from. Where a change is being written that is the file alone.

    Somebody else's change begins the editor anew, and what was typed there would be lost.
    """
    is_list = not st.query_params.get("case")
    return session.studio().policies.stamp(session.person().org_id if is_list else "")


def _trouble(policies: Any) -> None:
    policies.look()  # whoever just saved the file wants to see what became of it
    trouble = policies.trouble
    if trouble:
        held = "The last good file holds." if policies.was_read else "The defaults hold."
        place = f"**{policies.path.name}** cannot be used: {plain(str(trouble), 400)}"
        st.warning(f"{place} {held}", icon=":material/error:")


def _all(policies: Any) -> None:
    org_id = session.person().org_id
    lines = [case_line(policies, name, org_id) for name in policies.names(org_id)]
    seldom = {
        "arms": st.column_config.TextColumn("Arms", width=130),
        "changed": st.column_config.TextColumn("Changed here", width=105),
    }
    with section("Policies", f"one a use case; {policies.path.name} is read anew when it is saved"):
        table(
            lines,
            key="policies",
            columns={
                "open": st.column_config.LinkColumn(
                    "Use case", display_text=r"case=(.+)$", width=140
                ),
                "models": st.column_config.TextColumn(
                    "Models, in order", width=290, help="studio stands for the studio's own chain"
                ),
                "temperature": st.column_config.NumberColumn("Temperature", width=85),
                "tokens": st.column_config.NumberColumn(
                    "Tokens", format="localized", width=65, help="Of one answer, at most"
                ),
                "request": _most("Request", "One call costs at most"),
                "task": _most("Task", "All calls of a task cost at most"),
                "day": _most("Day", "What a person may spend on it in a day (UTC)"),
                "cache": st.column_config.TextColumn(
                    "Cache", width=60, help="How long equal questions share an answer"
                ),
                **{name: told for name, told in seldom.items() if any(x[name] for x in lines)},
            },
            alt="Use cases with models, temperature and budgets",
            empty="No use case is named in the file.",
            opens="open",
        )


def _most(title: str, about: str) -> Any:
    return st.column_config.TextColumn(title, alignment="right", width=72, help=about)


def case_line(policies: Any, name: str, org_id: str) -> dict[str, Any]:
    """One use case as a line of the table and of its CSV; of a split, its first arm."""
    arms = policies.arms(name, org_id)
    _, policy = next(iter(arms.values()))
    last = next(iter(policies.history(org_id, name)), None)
    is_changed = last is not None and last.changes is not None
    return {
        "open": f"/governance?view=policies&case={name}",
        "for": policies.described(name, org_id),
        "models": ", ".join(policy.models) or "studio",
        "temperature": policy.temperature,
        "tokens": policy.tokens_max,
        "request": _amount(policy.request_nusd),
        "task": _amount(policy.budget_nusd),
        "day": _amount(policy.daily_nusd),
        "cache": lasts(policy.cache_ttl_s),
        "arms": shares(arms),
        "changed": ago(last.at) if last is not None and is_changed else "",
    }


def shares(arms: dict[str, tuple[float, Any]]) -> str:
    """`a 90 %, b 10 %`; nothing where the use case is not split."""
    whole = sum(weight for weight, _ in arms.values()) or 1
    return ", ".join(f"{arm} {weight / whole:.0%}" for arm, (weight, _) in arms.items() if arm)


def _one(policies: Any, name: str) -> None:
    person = session.person()
    st.page_link(
        PAGES["governance"],
        label="All policies",
        icon=":material/arrow_back:",
        query_params={"view": "policies"},
    )
    try:
        arms = policies.arms(name, person.org_id)
    except NotFound as error:
        st.markdown(muted(plain(str(error))))
        return
    with section(named(name), plain(policies.described(name, person.org_id))):
        _arms(name, arms)
    for stale in policies.stale(person.org_id, name):
        st.warning(f"Passed over, it no longer fits: {plain(stale)}", icon=":material/error:")
    left, right = st.columns(2, gap="large")
    with left.container(gap="medium"):
        _holds(*next((arm, policy) for arm, (_, policy) in arms.items()))
    with right.container(gap="medium"):
        if may(person.role, "govern"):
            _editor(policies, name)
        _history(policies, name)


def _arms(name: str, arms: dict[str, tuple[float, Any]]) -> None:
    """What each arm did, side by side; also those that are no longer dealt."""
    since = now() - timedelta(days=DAYS)
    found = compare(session.studio().database, session.person().org_id, name, since)
    if not found and len(arms) == 1:
        st.markdown(muted(f"Nothing has run under it in the last {DAYS} days."))
        return
    whole, differs = sum(weight for weight, _ in arms.values()) or 1, differences(arms)
    figures(
        ARM_HEAD,
        [
            [
                plain(arm or "no split"),
                plain(differs.get(arm, "")),
                f"{arms[arm][0] / whole:.0%}" if arm in arms else "",
                *_did(found.get(arm) or ArmResult(arm)),
            ]
            for arm in {**arms, **found}
            if arm in found or arm
        ],
        "arms",
    )


def differences(arms: dict[str, tuple[float, Any]]) -> dict[str, str]:
    """What sets each arm apart from the others: `temperature 0.9`."""
    told = {
        arm: policy.model_dump(mode="json", exclude={"variant"})
        for arm, (_, policy) in arms.items()
    }
    first = next(iter(told.values()))
    names = [name for name in first if any(other[name] != first[name] for other in told.values())]
    return {
        arm: ", ".join(f"{name.removesuffix('_nusd')} {_short(name, own[name])}" for name in names)
        for arm, own in told.items()
    }


def _short(name: str, value: Any) -> str:
    if name.endswith("_nusd"):
        return _amount(value)
    return " > ".join(map(str, value)) if isinstance(value, list) else str(value)


def _did(result: ArmResult) -> list[str]:
    if not result.calls:
        return ["0", "0", "", "", "", "", f"{result.failed_share:.1%}" if result.failed else ""]
    return [
        count(result.people),
        count(result.calls),
        usd(result.cost_nusd_per_call, 4),
        count(result.tokens_per_call),
        ms(result.latency_ms_p50 or None),
        ms(result.latency_ms_p95 or None),
        f"{result.failed_share:.1%}",
    ]


def _holds(arm: str, policy: Any) -> None:
    memory, found = policy.memory, policy.retrieval
    note = f"file and changes together{f', in the arm {plain(arm)}' if arm else ''}"
    with section("Holds now", note):
        facts(
            [
                ("Models", plain(", ".join(policy.models) or "studio")),
                ("Tried", CHOOSE.get(str(policy.choose), str(policy.choose))),
                ("Temperature", f"{policy.temperature:g}"),
                ("Prompt", plain(policy.prompt) or "none"),
                ("An answer has at most", count(policy.tokens_max, "token")),
                ("Answers", _words(streamed=policy.streaming, structured=policy.structured)),
                ("Memory", plain(memory.type or "none")),
                ("Knowledge", plain(", ".join(found.collections) or "none")),
                ("Tools", _tools(policy.tools)),
                ("Iterations", count(policy.iterations_max) or "as the operation says"),
                ("Moderation", MODERATION.get(str(policy.moderation), str(policy.moderation))),
                ("A request costs at most", _amount(policy.request_nusd)),
                ("A task costs at most", _amount(policy.budget_nusd)),
                ("A person spends a day at most", _day(policy)),
                ("Equal questions share an answer", _shared(policy.cache_ttl_s)),
                ("Sent as a batch, at half the price", "yes" if policy.batch else "no"),
                ("Asks a person before", plain(", ".join(policy.approve) or "nothing")),
            ],
            "holds",
        )


def _editor(policies: Any, name: str) -> None:
    """YAML of this organisation's changes: checked as it is typed, its effect shown, then saved.

    Save is never greyed out: whoever leaves the text for it has not been heard by then.
    """
    revision, changes = _newest(policies, session.person().org_id, name)
    key = f"yaml_{name}_{revision}"  # a saved change begins anew from itself
    with section("Changes of this organisation", "only the fields that differ"):
        text = st.text_area(
            "Changes as YAML",
            value=as_yaml(changes),
            key=key,
            height=220,
            placeholder=EXAMPLE,
            label_visibility="collapsed",
        )
        differs = _effect(policies, name, text or "", changes or {})
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Save",
                type="primary" if differs else "secondary",
                on_click=_save_text,
                args=(name, key, revision),
                key="save_policy",
            )
            if changes is not None:
                st.button(
                    "Back to the file",
                    icon=":material/undo:",
                    on_click=_save,
                    args=(name, None, revision),
                    key="take_back",
                )


def _effect(policies: Any, name: str, text: str, changes: dict[str, Any]) -> bool:
    """What the text would change, or what is wrong with it; whether there is something to save."""
    try:
        told = policies.checked(text)
    except Faulty as error:
        st.error(plain(str(error.trouble), 400), icon=":material/error:")
        return False
    found = difference(*policies.preview(session.person().org_id, name, told))
    if found:
        with st.container(key="diff_policy"):
            st.code(found, language="diff")
    elif told == changes:
        st.markdown(muted("Nothing is changed yet." if not told else "Saved and in force."))
    else:
        st.markdown(muted("It says the same as the file."))
    return told != changes


def _history(policies: Any, name: str) -> None:
    rows = policies.history(session.person().org_id, name)
    if not rows:
        return
    with section("History", count(len(rows), "revision")), st.container(gap="xsmall"):
        for row in rows[:20]:
            _revision(name, row, newest=rows[0])


def _revision(name: str, row: Any, *, newest: Any) -> None:
    said = "taken back" if row.changes is None else ", ".join(row.changes) or "nothing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{row.revision}** {plain(said)}  {muted(f'by {plain(_by(row.by))}, {ago(row.at)}')}"
        )
        if row is not newest and may(session.person().role, "govern"):
            st.button(
                "Roll back",
                key=f"roll_{name}_{row.revision}",
                on_click=_save,
                args=(name, row.changes, newest.revision),
            )


def _save_text(name: str, key: str, on: int) -> None:
    """What stands in the text now is saved; or a toast says why not."""
    policies = session.studio().policies
    try:
        told = policies.checked(st.session_state[key] or "")
    except Faulty as error:
        st.toast(plain(str(error.trouble), 400), icon=":material/error:")
        return
    _, changes = _newest(policies, session.person().org_id, name)
    if told == (changes or {}):
        st.toast("Nothing is changed.", icon=":material/info:")
    else:
        _save(name, told or None, on)


def _save(name: str, changes: dict[str, Any] | None, on: int) -> None:
    """The change is saved and holds at once; or a toast says why not."""
    person, policies = session.person(), session.studio().policies
    if not may(person.role, "govern"):
        st.toast("Only an owner may change policies.", icon=":material/block:")
        return
    try:
        if changes is None:
            policies.take_back(person.org_id, name, person.id, on=on)
        else:
            policies.override(person.org_id, name, changes, person.id, on=on)
    except StudioError as error:
        st.toast(plain(str(error), 400), icon=":material/error:")
    else:
        st.toast("Saved. It holds from the next task on.", icon=":material/check_circle:")


def _newest(policies: Any, org_id: str, name: str) -> tuple[int, dict[str, Any] | None]:
    rows = policies.history(org_id, name)
    return (rows[0].revision, rows[0].changes) if rows else (0, None)


def _by(person_id: str) -> str:
    try:
        return session.studio().people.person(person_id).name
    except NotFound:
        return person_id


def _amount(nusd: int | None) -> str:
    return "no limit" if nusd is None else usd(nusd)


def _shared(ttl_s: float) -> str:
    return f"for {lasts(ttl_s)}" if ttl_s else "no"


def _day(policy: Any) -> str:
    tokens = "" if policy.daily_tokens is None else f", {count(policy.daily_tokens, 'token')}"
    return f"{_amount(policy.daily_nusd)}{tokens}"


def _words(*, streamed: bool, structured: bool) -> str:
    return ("streamed" if streamed else "whole") + (", structured" if structured else "")


def _tools(tools: tuple[str, ...] | None) -> str:
    return "all of the operation's" if tools is None else plain(", ".join(tools) or "none")


VIEW = View("Policies", ":material/tune:", 42, draw)
