"""The templates that models are told: which version is live, since when, by whom, and drafts."""

from __future__ import annotations

from typing import Any

import streamlit as st
import yaml

from components import session
from components.govern.table import table
from components.govern.view import View
from components.layout import PAGES, section
from components.words import ago, count, muted, named, plain
from core.errors import Invalid, NotFound, StudioError
from core.governance.policies import Faulty
from core.governance.policies.lines import parse
from core.identity import may
from core.llm.prompts import Prompts, Version

HASH = 12  # characters of a hash that are shown


def draw() -> None:
    """Every template, or the one the address names."""
    name = st.query_params.get("prompt", "")
    if name:
        _one(registry(), name)
    else:
        _all(registry())


def registry() -> Prompts:
    """The studio's prompts."""
    return session.studio().prompts


def _all(prompts: Prompts) -> None:
    org_id = session.person().org_id
    with section("Prompts", "what models are told; every step names the version it used"):
        table(
            [line(prompts, name, org_id) for name in prompts.names(org_id)],
            key="prompts",
            columns={
                "open": st.column_config.LinkColumn(
                    "Prompt", display_text=r"prompt=(.+)$", width=120
                ),
                "for": st.column_config.TextColumn("For", width=345),
                "live": st.column_config.TextColumn("Live", width=80),
                "draft": st.column_config.TextColumn("Draft", width=80),
                "owner": st.column_config.TextColumn("Owner", width=110),
                "hash": st.column_config.TextColumn("Hash", width=115),
                "moved": st.column_config.TextColumn("Last move", width=100),
            },
            alt="Prompts with their live and draft versions",
            empty="There are no prompts.",
            opens="open",
        )


def line(prompts: Prompts, name: str, org_id: str) -> dict[str, Any]:
    """One template as a line of the table and of its CSV."""
    live, draft = (_labelled(prompts, name, label) for label in ("live", "draft"))
    moves = prompts.history(org_id, name)
    return {
        "open": f"/governance?view=prompts&prompt={name}",
        "for": prompts.about(name).description,
        "live": live.title if live else "none",
        "draft": draft.title if draft and draft != live else "",
        "owner": _by(live.owner) if live else "",
        "hash": live.hash[:HASH] if live else "",
        "moved": ago(moves[0].at) if moves else "",
    }


def _labelled(prompts: Prompts, name: str, label: str) -> Version | None:
    try:
        return prompts.labelled(session.person().org_id, name, label)
    except NotFound:
        return None


def _one(prompts: Prompts, name: str) -> None:
    st.page_link(
        PAGES["governance"],
        label="All prompts",
        icon=":material/arrow_back:",
        query_params={"view": "prompts"},
    )
    try:
        versions = prompts.versions(session.person().org_id, name)
    except NotFound as error:
        st.markdown(muted(plain(str(error))))
        return
    live, draft = (_labelled(prompts, name, label) for label in ("live", "draft"))
    about = prompts.about(name)
    with section(named(name), plain(about.description)):
        checks = ", ".join(name.replace("_", " ") for name in about.requires)
        st.markdown(muted(f"Checked before one goes live: {checks or 'nothing'}."))
    left, right = st.columns(2, gap="large")
    with left.container(gap="medium"):
        _versions(prompts, name, versions, live, draft)
        _compare(prompts, name, versions, live, draft)
        _history(prompts, name, versions)
    with right.container(gap="medium"):
        _editor(prompts, name, draft or live or versions[0])


def _versions(
    prompts: Prompts,
    name: str,
    versions: list[Version],
    live: Version | None,
    draft: Version | None,
) -> None:
    """Every version with its labels; an owner may promote any, or go back."""
    rules = may(session.person().role, "govern")
    with section("Versions", count(len(versions), "version")), st.container(gap="xsmall"):
        for version in versions[:20]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_title(version, live, draft))
                if rules and version != live:
                    st.button(
                        "Promote",
                        key=f"promote_{version.org_id and 'own'}_{version.version}",
                        on_click=_promote,
                        args=(prompts, name, version.hash),
                    )
        if rules and any(move.label == "live" for move in prompts.history(_org(), name)):
            st.button("Roll back", key="roll_back", on_click=_roll_back, args=(prompts, name))


def _title(version: Version, live: Version | None, draft: Version | None) -> str:
    labels = [label for label, one in (("live", live), ("draft", draft)) if version == one]
    said = f"**{version.title}** `{version.hash[:HASH]}`"
    said += "".join(f" :green-badge[{label}]" for label in labels)
    note = f" {plain(version.note, 120)}" if version.note else ""
    return f"{said}{note} {muted(f'by {plain(_by(version.owner))}, {ago(version.at)}')}"


def _compare(
    prompts: Prompts,
    name: str,
    versions: list[Version],
    live: Version | None,
    draft: Version | None,
) -> None:
    """What changed from one version to another: from the live one to the draft, unless chosen."""
    if len(versions) < 2:
        return
    hashes = {version.hash: version.title for version in versions}
    keys = list(hashes)
    before, after = live or versions[-1], draft or versions[0]
    with section("Difference"):
        with st.container(horizontal=True):
            old = st.selectbox(
                "From",
                keys,
                keys.index(before.hash),
                format_func=hashes.__getitem__,
                key=f"from_{name}",
            )
            new = st.selectbox(
                "To", keys, keys.index(after.hash), format_func=hashes.__getitem__, key=f"to_{name}"
            )
        found = prompts.diff(_org(), name, old, new)
        if found:
            with st.container(key="diff_prompt"):
                st.code(changed(found), language="diff", wrap_lines=True)
        else:
            st.markdown(muted("They are the same."))


def changed(diff: str) -> str:
    """A unified diff without its head, which the choices above it say; cuts become an ellipsis."""
    lines = diff.splitlines()[2:]
    return "\n".join("…" if line.startswith("@@") else line for line in lines).removeprefix("…\n")


def _editor(prompts: Prompts, name: str, begin: Version) -> None:
    """A draft: checked as it is typed, shown with sample values, then saved."""
    rules = may(session.person().role, "govern")
    with section("Draft", f"begins as {begin.title}"):
        key = f"body_{name}_{begin.hash[:HASH]}"
        body = st.text_area(
            "Template",
            value=begin.template,
            key=key,
            height=340,
            label_visibility="collapsed",
            disabled=not rules,
        )
        sample = st.text_area(
            "Sample values as YAML",
            value=_yaml(prompts.about(name).sample),
            key=f"sample_{name}",
            height=130,
        )
        st.text_input("What changed", key=f"note_{name}", max_chars=200)
        st.button(
            "Save draft",
            type="primary" if (body or "") != begin.template else "secondary",
            disabled=not rules,  # never else: who leaves the text for it has not been heard by then
            on_click=_save,
            args=(prompts, name, key, begin.template),
            key="save_prompt",
        )
    with section("Preview"):
        _preview(prompts, name, body or "", sample or "")


def _preview(prompts: Prompts, name: str, body: str, sample: str) -> None:
    try:
        values = parse(sample).data
        made = prompts.preview(name, body, values if isinstance(values, dict) else {})
    except Faulty as error:
        said = f"The sample values cannot be read, {error.trouble}"
        st.error(plain(said, 400), icon=":material/error:")
        return
    except Invalid as error:
        st.error(plain(str(error), 400), icon=":material/error:")
        return
    for message in made.messages:
        st.markdown(muted(message.role))
        st.code(message.content, language=None, wrap_lines=True)


def _history(prompts: Prompts, name: str, versions: list[Version]) -> None:
    moves = prompts.history(_org(), name)
    titles = {version.hash: version.title for version in versions}
    with section("History", count(len(moves), "move") if moves else "nothing was moved yet"):
        for move in moves[:20]:
            what = titles.get(move.hash, "the studio's own")
            passed = f", {count(len(move.tests), 'test')} passed" if move.tests else ""
            said = f"**{move.label}** on {plain(what)}"
            st.markdown(f"{said} {muted(f'by {plain(_by(move.by))}, {ago(move.at)}{passed}')}")


def _save(prompts: Prompts, name: str, key: str, before: str) -> None:
    """What stands in the text now is a draft; or a toast says why not."""
    body, note = st.session_state[key] or "", st.session_state.get(f"note_{name}") or ""
    if body == before:
        st.toast("Nothing is changed.", icon=":material/info:")
        return
    _act("Saved as a draft.", lambda who: prompts.save(_org(), name, body, by=who, note=note))


def _promote(prompts: Prompts, name: str, hash: str) -> None:
    _act(
        "Live from the next task on.",
        lambda who: prompts.label(_org(), name, hash, "live", by=who),
    )


def _roll_back(prompts: Prompts, name: str) -> None:
    _act("The version before is live again.", lambda who: prompts.roll_back(_org(), name, by=who))


def _act(done: str, act: Any) -> None:
    """Do it for the signed-in owner, and say so; or a toast says why not."""
    person = session.person()
    if not may(person.role, "govern"):
        st.toast("Only an owner may change prompts.", icon=":material/block:")
        return
    try:
        act(person.id)
    except StudioError as error:
        st.toast(plain(str(error), 400), icon=":material/error:")
    else:
        st.toast(done, icon=":material/check_circle:")


def _org() -> str:
    return session.person().org_id


def _yaml(values: dict[str, Any]) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True) if values else ""


def _by(id: str) -> str:
    """The person's name, or what stands there when it is nobody's id."""
    try:
        return session.studio().people.person(id).name
    except NotFound:
        return id or "nobody"


VIEW = View("Prompts", ":material/article:", 44, draw)
