"""What a pydantic field asks for, in words a form can draw. Pure: no screen here."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as limits
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from core.storage.blobs import Source

LONG = 200  # texts that may be longer get a box of lines
PLAIN: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    Decimal: "float",
    str: "text",
    SecretStr: "secret",
    date: "date",
    datetime: "datetime",
    time: "time",
    Source: "file",
}


@dataclass(frozen=True)
class Ask:
    """One field: what kind of answer it takes, and within which bounds.

    kind: bool, int, float, text, secret, date, datetime, time, choice, choices, texts, lines (texts
    that may be long), file, files, model, json.
    """

    name: str
    label: str
    kind: str
    help: str = ""
    optional: bool = False  # nothing is an answer
    required: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None
    length_max: int | None = None
    model: type[BaseModel] | None = None
    type: Any = field(default=None, repr=False)


def asks(model: type[BaseModel]) -> list[Ask]:
    """Every field of the model in its order."""
    return [_ask(name, info) for name, info in model.model_fields.items()]


def shown(value: Any) -> str:
    """A choice as people read it."""
    word = value.value if isinstance(value, Enum) else value
    return str(word).replace("_", " ").capitalize() if isinstance(word, str) else str(word)


def _ask(name: str, info: FieldInfo) -> Ask:
    plain, optional, metadata = _unwrapped(info.annotation, list(info.metadata))
    kind, choices = _kind(plain)
    default = None
    if not info.is_required():
        default = info.get_default(call_default_factory=True, validated_data={})
    least, most = _bounds(metadata, whole=kind == "int")
    lengths = [m.max_length for m in metadata if isinstance(m, limits.MaxLen)]
    return Ask(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        kind=kind,
        help=info.description or "",
        optional=optional,
        required=info.is_required(),
        default=None if default is PydanticUndefined else default,
        choices=choices,
        least=least,
        most=most,
        length_max=min(lengths, default=None),
        model=plain if kind == "model" else None,
        type=plain,
    )


def _unwrapped(annotation: Any, metadata: list[Any]) -> tuple[Any, bool, list[Any]]:
    """The type without Annotated and None, whether None was in it, and all constraints."""
    optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            metadata += more
        elif get_origin(annotation) in (Union, types.UnionType):
            kept = [part for part in get_args(annotation) if part is not type(None)]
            optional = optional or len(kept) < len(get_args(annotation))
            if len(kept) != 1:
                return annotation, optional, metadata
            annotation = kept[0]
        else:
            return annotation, optional, metadata


def _kind(plain: Any) -> tuple[str, tuple[Any, ...]]:
    if get_origin(plain) is Literal:
        return "choice", get_args(plain)
    if get_origin(plain) in (list, tuple, set, frozenset):
        return _list_kind(plain)
    if isinstance(plain, type) and issubclass(plain, Enum):
        return "choice", tuple(plain)
    if isinstance(plain, type) and issubclass(plain, BaseModel) and plain not in PLAIN:
        return "model", ()
    return PLAIN.get(plain, "json") if isinstance(plain, type) else "json", ()


def _list_kind(plain: Any) -> tuple[str, tuple[Any, ...]]:
    items = [part for part in get_args(plain) if part is not Ellipsis]
    if len(items) != 1:
        return "json", ()
    item, _, metadata = _unwrapped(items[0], [])
    kind, choices = _kind(item)
    long = any(isinstance(m, limits.MaxLen) and m.max_length > LONG for m in _flat(metadata))
    many = {"choice": "choices", "text": "lines" if long else "texts", "file": "files"}
    return many.get(kind, "json"), choices


def _bounds(metadata: list[Any], *, whole: bool) -> tuple[float | None, float | None]:
    least: float | None = None
    most: float | None = None
    step = 1 if whole else 0
    for one in _flat(metadata):
        if isinstance(one, limits.Ge):
            least = float(one.ge)  # pyright: ignore[reportArgumentType]
        elif isinstance(one, limits.Gt):
            least = float(one.gt) + step  # pyright: ignore[reportArgumentType]
        elif isinstance(one, limits.Le):
            most = float(one.le)  # pyright: ignore[reportArgumentType]
        elif isinstance(one, limits.Lt):
            most = float(one.lt) - step  # pyright: ignore[reportArgumentType]
    return least, most


def _flat(metadata: list[Any]) -> list[Any]:
    """Constraints, with those inside a FieldInfo or a group taken out."""
    flat: list[Any] = []
    for one in metadata:
        if isinstance(one, FieldInfo):
            flat += _flat(list(one.metadata))
        elif isinstance(one, limits.GroupedMetadata):
            flat += list(one)
        else:
            flat.append(one)
    return flat
