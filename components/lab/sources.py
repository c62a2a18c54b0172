"""The sources of a question: drop files, see what they hold, answer what cannot be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import session
from components.lab import address
from components.lab.address import Chosen
from components.layout import heading
from components.theme import QUIET
from components.words import count, muted, plain, size
from core.errors import StudioError
from core.settings import ROOT
from core.storage.blobs import Source, chunks_of

COLUMNS_MAX = 60  # shown of a very wide table; all of them are profiled


def drop(label: str = "Add files") -> None:
    """A file drop; what lands in it is stored by content hash and named in the address."""
    turn = st.session_state.setdefault("drop_turn", 0)
    files = st.file_uploader(
        label,
        accept_multiple_files=True,
        key=f"drop_{turn}",
        help="CSV, TSV, JSON, JSON lines or Parquet, up to 2 GB each. Files stay on this computer.",
    )
    if not files:
        return
    for file in files:
        try:
            with st.spinner(f"Storing {plain(file.name, 60)}"):
                address.add(_store(file.name, file))
        except StudioError as error:
            st.error(plain(error.hint, 400), title=plain(f"{file.name}: {error.message}", 300))
            return
    st.session_state["drop_turn"] = turn + 1  # a fresh drop: the bytes are stored, not kept here
    st.rerun()


def _store(name: str, file: Any) -> Source:
    return session.studio().add_source(session.person(), name, chunks_of(file))


def read_options(one: Chosen) -> Any | None:
    """How the person said to read it; None when nothing had to be said."""
    from core.data.landing import ReadOptions

    return ReadOptions.model_validate(one.options) if one.options else None


def take_sample() -> None:
    """The sample data is the source of the next question."""
    path = min((ROOT / "data" / "samples").glob("*.csv"))
    with path.open("rb") as file:
        address.add(_store(path.name, file))


def draw(sources: Sequence[Chosen], *, fixed: bool) -> list[tuple[Chosen, Any, Any]]:
    """The column of sources; (source, landing, profile) of each that could be read.

    `fixed` sources belong to a run and cannot be changed.
    """
    read = []
    with st.container(key=f"lab_sources_{'run' if fixed else 'new'}", gap="small"):
        heading("Sources", count(len(sources), "file"))
        for i, one in enumerate(sources):
            with st.container(gap="xsmall", key=f"source_{i}"):
                found = _one(i, one, fixed=fixed)
            if found:
                read.append((one, *found))
        if fixed:
            st.empty()  # a live page does not end, so what stood here must be replaced
        else:
            drop()
    return read


def _one(i: int, one: Chosen, *, fixed: bool) -> tuple[Any, Any] | None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":material/table_chart: **{plain(one.source.name, 60)}**", width="stretch")
        if fixed:
            st.empty()
        else:
            st.button(
                "Remove",
                key=f"remove_{i}",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove,
                args=(one.source.hash,),
            )
    try:
        with st.spinner("Reading and profiling"):
            org_id = session.person().org_id
            landing, profile = session.studio().landings.profile(
                org_id, one.source, read_options(one)
            )
    except StudioError as error:
        _unusable(error.message, error.hint)
        return None
    if not profile.rows:
        _unusable("There are columns but no rows.", "Add rows below the header.")
        return None
    st.markdown(
        muted(
            f"{count(profile.rows, 'row')} · {count(len(profile.columns), 'column')} · "
            f"{size(one.source.size_bytes)}"
        )
    )
    _doubts(i, one, landing, fixed=fixed)
    _table(i, profile)
    _notes(landing)
    return landing, profile


def _unusable(message: str, hint: str) -> None:
    """A file that nothing can be asked of: why, what to do, what became of it."""
    st.error(
        f"{plain(hint, 400)}  \n:small[Nothing is asked of this file; other files are not "
        "affected. Remove it, then drop the mended one.]",
        title=plain(message, 300),
    )


def _table(i: int, profile: Any) -> None:
    """One row a column: name, type, shape, what is missing."""
    rows = profile.rows or 1
    table = [
        {
            "column": column.name,
            "type": column.type,
            "shape": list(column.spark or []),
            "missing": round(column.missing / rows, 3),
        }
        for column in profile.columns[:COLUMNS_MAX]
    ]
    if not table:
        return
    st.dataframe(
        table,
        hide_index=True,
        key=f"profile_{i}",
        height="content" if len(table) <= 14 else 14 * 28 + 38,
        row_height=28,
        alt=f"Columns of {plain(profile.title or 'the file', 60)} with type, shape and empty share",
        column_config={
            "column": st.column_config.TextColumn("Column", width=92),
            "type": st.column_config.TextColumn("Type", width=56),
            "shape": st.column_config.BarChartColumn("Shape", width=66, y_min=0, color=QUIET),
            "missing": st.column_config.NumberColumn("Empty", format="percent", width=56),
        },
    )
    if len(profile.columns) > COLUMNS_MAX:
        more = len(profile.columns) - COLUMNS_MAX
        st.markdown(muted(f"and {count(more, 'more column', 'more columns')}, all of them used"))


def _doubts(i: int, one: Chosen, landing: Any, *, fixed: bool) -> None:
    """What the bytes cannot decide is asked where it shows; nothing is guessed silently."""
    for field, answer in () if fixed else tuple(one.options.items()):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(muted(f"Read with {WORDS.get(answer, answer).lower()}."), width="stretch")
            st.button(
                "Change",
                key=f"change_{one.source.hash[:8]}_{field}",
                type="tertiary",
                on_click=_answer,
                args=(one.source.hash, field, ""),
            )
    for n, doubt in enumerate(landing.questions):
        with st.container(border=True, gap="xsmall", key=f"doubt_{i}_{n}"):
            st.markdown(
                f":orange[:material/help:] {plain(doubt.question, 300)}"
                f"  \n{muted(_meanwhile(doubt, landing, fixed=fixed))}"
            )
            with st.container(horizontal=True, gap="xsmall"):
                for choice in () if fixed else doubt.choices:
                    st.button(
                        str(WORDS.get(choice, choice)),
                        key=f"answer_{one.source.hash[:8]}_{n}_{choice}",
                        on_click=_answer,
                        args=(one.source.hash, doubt.field, choice),
                    )


def _meanwhile(doubt: Any, landing: Any, *, fixed: bool) -> str:
    """How the column is read as long as nobody has said."""
    taken = getattr(landing.options, doubt.field)
    if taken not in doubt.choices:  # dates: the habit that goes with the decimal sign
        taken = "dmy" if landing.options.decimal == "," else "mdy"
    how = f"read with {WORDS[taken].lower()}"
    return f"Nobody has said, so it was {how}." if fixed else f"Until you say, it is {how}."


WORDS = {
    "dmy": "Day first",
    "mdy": "Month first",
    "ymd": "Year first",
    ",": "Decimal comma",
    ".": "Decimal point",
}


def _answer(hash: str, field: str, answer: str) -> None:
    here = address.chosen()
    for one in here:
        if one.source.hash == hash and answer:
            one.options[field] = answer
        elif one.source.hash == hash:
            one.options.pop(field, None)
    address.choose(here)


def _remove(hash: str) -> None:
    address.choose([one for one in address.chosen() if one.source.hash != hash])


def _notes(landing: Any) -> None:
    for note in landing.notes[:6]:
        st.markdown(muted(f":material/info: {plain(note, 300)}"))
    rejected = landing.rejected
    if rejected.count:
        with st.expander(f"{count(rejected.count, 'row')} set aside", type="compact"):
            for example in rejected.examples[:5]:
                why = f"Row {example.row:,}: {plain(example.reason, 120)}"
                st.markdown(f"{why}  \n{muted(plain(example.text, 160))}")


def of_task(task_input: dict[str, Any]) -> list[Chosen]:
    """The sources that a run was given."""
    read = task_input.get("read") or {}
    return [
        Chosen(Source.model_validate(one), _said(read.get(one["hash"]) or {}))
        for one in task_input.get("sources") or []
    ]


def _said(options: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value is not None}
