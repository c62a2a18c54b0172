"""What can be done with a finished deck: take it along, and check every number of it again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from components import session
from components.layout import figures, heading
from components.words import count, muted, named, plain
from core.errors import StudioError

LINES_MAX = 60
STATUS = {
    "match": ":green[:material/check_circle: same]",
    "drift": ":red[:material/error: differs]",
    "unverifiable": ":orange[:material/help: not checkable]",
}


def bar(task: Any, deck: Any) -> None:
    """The deck's heading with its buttons."""
    from core.insight.export import discover

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="deck_bar"):
        heading("Deck", count(len(deck.slides), "slide"))
        st.space("stretch")
        if st.button("Verify", icon=":material/verified:", type="tertiary", key="verify"):
            verify_dialog(task.id, deck)
        with st.popover("Export", icon=":material/download:", type="primary", key="export"):
            registry = discover()
            for suffix in registry:
                st.download_button(
                    registry[suffix].label,
                    data=_writer(task.id, suffix, session.person().org_id),
                    file_name=f"{_name(deck)}.{suffix}",
                    mime=registry[suffix].media_type,
                    key=f"export_{suffix}",
                    on_click="ignore",
                    width="stretch",
                )
            st.markdown(muted("Every file carries the evidence of its numbers."))


@st.dialog("Check every number again", width="medium")
def verify_dialog(task_id: str, deck: Any) -> None:
    """Recompute all claims from the stored data, without a model, and show what came out."""
    with st.spinner("Reading the data again and running every query"):
        outcome = checked(task_id)
    draw_verification(outcome, deck)


def draw_verification(outcome: Any, deck: Any) -> None:
    """The counts first, then what needs a look; what is the same folds away."""
    total = outcome.match + outcome.drift + outcome.unverifiable
    if total and outcome.match == total:
        st.success(
            f"All {total:,} checked values are the same as in the deck.",
            icon=":material/verified:",
        )
    elif outcome.drift:
        st.error(f"{count(outcome.drift, 'value differs', 'values differ')} of {total:,}.")
    else:
        st.warning(f"{count(outcome.unverifiable, 'value')} of {total:,} could not be checked.")
    notable = [one for one in outcome.claims if one.status != "match"]
    _lines(notable, deck, "notable")
    for one in notable[:5]:
        if one.reason:
            st.markdown(muted(f"{_label(one.id, deck)}: {plain(one.reason, 300)}"))
    same = [one for one in outcome.claims if one.status == "match"]
    if same:
        with st.expander(f"{count(len(same), 'value')} the same", type="compact"):
            _lines(same, deck, "same")


def _lines(checks: list[Any], deck: Any, key: str) -> None:
    if not checks:
        return
    rows = [
        [_label(one.id, deck), plain(one.stored, 30), plain(one.found, 30), STATUS[one.status]]
        for one in checks[:LINES_MAX]
    ]
    figures(["Value", "In the deck", "Found now", ""], rows, f"verification_{key}")
    if len(checks) > LINES_MAX:
        st.markdown(muted(f"and {len(checks) - LINES_MAX:,} more"))


def _label(id: str, deck: Any) -> str:
    """What people call the thing that was checked."""
    if id in deck.claims:
        claim = deck.claims[id]
        return (
            f"{plain(claim.label, 50)} {muted(plain(deck.queries[claim.evidence.query].title, 60))}"
        )
    kind, _, key = id.partition(" ")
    return f"{plain(named(kind), 20)} {muted(plain(key, 60))}"


def recompute(task: Any, deck: Any, claim_id: str) -> None:
    """Say whether the number's query still gives what the slide says."""
    try:
        with st.spinner("Running the query again"):
            outcome = checked(task.id)
    except StudioError as error:
        st.toast(plain(error.message, 200), icon=":material/error:")
        return
    found = next((one for one in outcome.claims if one.id == claim_id), None)
    label = deck.claims[claim_id].label
    if found is None:
        st.toast(f"{plain(label)}: this value was not checked.", icon=":material/help:")
    elif found.status == "match":
        st.toast(
            f"{plain(label)}: recomputed, {plain(found.found or found.stored)}. Same as the deck.",
            icon=":material/check_circle:",
        )
    else:
        why = f"{plain(found.stored)} in the deck, {plain(found.found)} now. {plain(found.reason)}"
        st.toast(f"{plain(label)}: {why}", icon=":material/error:")


def checked(task_id: str) -> Any:
    """The verification of the task's research pack, made now."""
    from core.insight.verify import verify
    from core.serve.files import export

    _, data = export(session.studio(), task_id, "zip", session.person().org_id)
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack.zip"
        pack.write_bytes(data)
        return verify(pack)


def _writer(task_id: str, suffix: str, org_id: str) -> Any:
    studio = session.studio()

    def write() -> bytes:
        from core.serve.files import export

        return export(studio, task_id, suffix, org_id)[1]

    return write


def _name(deck: Any) -> str:
    from core.serve.files import file_name

    return file_name(deck.title)
