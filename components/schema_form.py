"""Any pydantic model as a form: what it asks, with its bounds; errors stand at their fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar, cast

import streamlit as st
from pydantic import BaseModel, SecretStr, ValidationError

from components import session
from components.schema_fields import LONG, Ask, asks, shown
from components.words import plain
from core.errors import Invalid
from core.storage.blobs import Source, chunks_of

M = TypeVar("M", bound=BaseModel)
FEW = 5  # choices that stay visible
Path = tuple[str, ...]
EMPTY: tuple[Any, ...] = (None, "", [], {}, (), set())
NOTHING = object()  # left out: the model's own default stands
Read = Callable[[], Any]


@dataclass
class Wrong:
    """What was wrong with the last try, by field, and where on the page it says so."""

    said: dict[Path, str]
    slots: list[Any] = field(default_factory=list)
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what may be picked, by field


def schema_form(
    model: type[M],
    *,
    key: str,
    submit: str = "Run",
    known: Mapping[str, Sequence[str]] | None = None,
) -> M | None:
    """The valid model when the form was sent, else None. What is wrong stands at its field.

    `known` names, by field, what exists; anything else may still be typed.
    """
    wrong = Wrong(st.session_state.get(f"{key}_errors", {}), known=known or {})
    with st.form(key, border=False, enter_to_submit=False):
        reads = _fields(model, (key,), wrong)
        sent = st.form_submit_button(submit, type="primary", icon=":material/play_arrow:")
    if not sent:
        return None
    try:
        made = model.model_validate(_collect(reads))
    except ValidationError as error:
        st.session_state[f"{key}_errors"] = problems(error)
    except Invalid as error:
        st.session_state[f"{key}_errors"] = {tuple(error.details["path"]): error.message}
    else:
        st.session_state.pop(f"{key}_errors", None)
        for slot in wrong.slots:
            slot.empty()
        return made
    return st.rerun()


def problems(error: ValidationError) -> dict[Path, str]:
    """What is wrong, by the path of the field; entries of a list count for the list."""
    found: dict[Path, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in one["loc"] if isinstance(part, str))
        found.setdefault(path, _sentence(one))
    return found


def _sentence(error: Any) -> str:
    """What is wrong, for somebody who knows the form and not the model behind it."""
    context = error.get("ctx") or {}
    if error["type"] == "missing" or context.get("min_length") == 1:
        return "This is needed."
    if error["type"] == "string_too_long":
        return f"At most {context['max_length']:,} characters."
    if error["type"] == "string_too_short":
        return f"At least {context['min_length']:,} characters."
    return error["msg"].removeprefix("Value error, ")


def _fields(model: type[BaseModel], at: Path, wrong: Wrong) -> dict[str, Read]:
    """Draw every field; the readers give what was answered. Rare ones fold away."""
    reads: dict[str, Read] = {}
    every = asks(model)
    first = [ask for ask in every if ask.required or ask.kind != "json"]
    rare = [ask for ask in every if ask not in first]
    for ask in first:
        reads[ask.name] = _field(ask, (*at, ask.name), wrong)
    if rare:
        is_wrong = any(
            path[: len(at)] == (*at[1:], ask.name) for ask in rare for path in wrong.said
        )
        with st.expander("More", type="compact", expanded=is_wrong):
            for ask in rare:
                reads[ask.name] = _field(ask, (*at, ask.name), wrong)
    return reads


def _field(ask: Ask, at: Path, wrong: Wrong) -> Read:
    with st.container(gap="xxsmall", key="field_" + "_".join(at)):
        read = DRAW[ask.kind](ask, at, wrong)
        if said := wrong.said.get(at[1:]):
            wrong.slots.append(st.empty())
            wrong.slots[-1].markdown(f":red[:material/error: {plain(said, 300)}]")
    return read


def _collect(reads: dict[str, Read]) -> dict[str, Any]:
    values = {name: read() for name, read in reads.items()}
    return {name: value for name, value in values.items() if value is not NOTHING}


def _label(ask: Ask) -> str:
    needed = ask.required or ask.kind in ("bool", "model") or ask.default not in EMPTY
    return ask.label if needed else f"{ask.label}, optional"


def _common(ask: Ask, at: Path) -> dict[str, Any]:
    return {"label": _label(ask), "help": ask.help or None, "key": "_".join(at)}


def _as_given(value: Any) -> Read:
    return lambda: NOTHING if value is None else value


# One function a kind. Each draws and returns a reader.


def _text(ask: Ask, at: Path, wrong: Wrong) -> Read:
    if options := list(wrong.known.get(ask.name, ())):
        return _picked(ask, at, options)
    draw = st.text_area if (ask.length_max or 0) > LONG else st.text_input
    value = draw(**_common(ask, at), value=ask.default or "", max_chars=ask.length_max)
    return lambda: value if value or ask.required else None if ask.optional else NOTHING


def _picked(ask: Ask, at: Path, options: list[str]) -> Read:
    """A text that names something known, picked or typed."""
    index = options.index(ask.default) if ask.default in options else None
    value = st.selectbox(
        **_common(ask, at),
        options=options,
        index=index,
        accept_new_options=True,
        placeholder="Choose or type",
    )
    return lambda: value or ("" if ask.required else NOTHING)


def _secret(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    value = st.text_input(**_common(ask, at), type="password", autocomplete="off")
    return lambda: SecretStr(value) if value else NOTHING


def _whole(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    bounds = [None if one is None else int(one) for one in (ask.least, ask.most)]
    start = ask.default if ask.default is not None or ask.optional else bounds[0] or 0
    value = st.number_input(
        **_common(ask, at), min_value=bounds[0], max_value=bounds[1], value=start, step=1
    )
    return _as_given(value)


def _number(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = None if ask.default is None else float(ask.default)
    if start is None and not ask.optional:
        start = ask.least or 0.0
    value = st.number_input(
        **_common(ask, at), min_value=ask.least, max_value=ask.most, value=start
    )
    return _as_given(value)


def _switch(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    value = st.toggle(**_common(ask, at), value=bool(ask.default))
    return lambda: value


def _choice(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    choices = list(ask.choices)
    if len(choices) <= FEW:
        value = st.segmented_control(
            **_common(ask, at), options=choices, default=ask.default, format_func=shown
        )
    else:
        index = choices.index(ask.default) if ask.default in choices else None
        value = st.selectbox(**_common(ask, at), options=choices, index=index, format_func=shown)
    return _as_given(value)


def _choices(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    value = st.multiselect(
        **_common(ask, at),
        options=list(ask.choices),
        default=list(ask.default or []),
        format_func=shown,
    )
    return lambda: value


def _texts(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = list(ask.default or [])
    value = st.multiselect(
        **_common(ask, at),
        options=start,
        default=start,
        accept_new_options=True,
        placeholder="Type and press Enter",
    )
    return lambda: value


def _lines(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = "\n".join(ask.default or [])
    text: str = st.text_area(**_common(ask, at), value=start, placeholder="One a line") or ""
    said = [line.strip() for line in text.split("\n")]
    return lambda: [line for line in said if line]


def _date(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = ask.default if isinstance(ask.default, date) else None
    value: Any = st.date_input(value=cast("Any", start), **_common(ask, at))
    return _as_given(value)


def _datetime(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = ask.default if isinstance(ask.default, datetime) else None
    value: Any = st.datetime_input(value=cast("Any", start), **_common(ask, at))
    return _as_given(value)


def _time(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    start = ask.default if isinstance(ask.default, time) else None
    value: Any = st.time_input(value=cast("Any", start), **_common(ask, at))
    return _as_given(value)


def _files(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    files = st.file_uploader(**_common(ask, at), accept_multiple_files=True)
    return lambda: [_stored(file) for file in files]


def _file(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    file = st.file_uploader(**_common(ask, at))
    return lambda: _stored(file) if file else NOTHING


def _model(ask: Ask, at: Path, wrong: Wrong) -> Read:
    assert ask.model is not None, "a model kind names its model"
    with st.container(border=True, gap="small"):
        st.markdown(f"**{plain(ask.label)}**", help=ask.help or None)
        reads = _fields(ask.model, at, wrong)
    return lambda: _collect(reads) or (NOTHING if not ask.required else {})


def _json(ask: Ask, at: Path, _wrong: Wrong) -> Read:
    common = _common(ask, at)
    common["label"] += ", as JSON"
    text: str = st.text_area(**common) or ""

    def read() -> Any:
        if not text.strip():
            return NOTHING
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise Invalid(f"This is not JSON: {error.msg}.", path=at[1:]) from error

    return read


def _stored(file: Any) -> Source:
    return session.studio().add_source(session.person(), file.name, chunks_of(file))


DRAW: dict[str, Callable[[Ask, Path, Wrong], Read]] = {
    "text": _text,
    "secret": _secret,
    "int": _whole,
    "float": _number,
    "bool": _switch,
    "choice": _choice,
    "choices": _choices,
    "texts": _texts,
    "lines": _lines,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "file": _file,
    "files": _files,
    "model": _model,
    "json": _json,
}
