"""What fields ask for, from the model alone."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from components.schema_fields import asks, shown
from core.storage.blobs import Source


class Colour(Enum):
    """A few."""

    RED = "red"
    DARK_BLUE = "dark_blue"


class Inner(BaseModel):
    """A part."""

    name: str = ""


class Everything(BaseModel):
    """One of each."""

    text: str = Field(min_length=1, max_length=20, description="Say it")
    secret: SecretStr
    whole: int = Field(default=3, gt=0, le=9)
    number: Annotated[float, Field(ge=0.5, lt=2)] = 1.0
    exact: Decimal | None = None
    switch: bool = False
    word: Literal["a", "b"] = "a"
    colour: Colour | None = None
    colours: list[Colour] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    said: list[Annotated[str, Field(max_length=5_000)]]
    day: date | None = None
    moment: datetime | None = None
    clock: time | None = None
    files: list[Source]
    file: Source | None = None
    inner: Inner = Field(default_factory=Inner)
    table: dict[str, Any] = Field(default_factory=dict)
    either: int | str = 1
    pair: tuple[int, str] = (1, "a")


BY_NAME = {ask.name: ask for ask in asks(Everything)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text", "text"),
        ("secret", "secret"),
        ("whole", "int"),
        ("number", "float"),
        ("exact", "float"),
        ("switch", "bool"),
        ("word", "choice"),
        ("colour", "choice"),
        ("colours", "choices"),
        ("tags", "texts"),
        ("said", "lines"),
        ("day", "date"),
        ("moment", "datetime"),
        ("clock", "time"),
        ("files", "files"),
        ("file", "file"),
        ("inner", "model"),
        ("table", "json"),
        ("either", "json"),
        ("pair", "json"),
    ],
)
def test_every_annotation_has_its_kind(name, kind):
    assert BY_NAME[name].kind == kind


def test_constraints_become_bounds():
    whole, number, text = BY_NAME["whole"], BY_NAME["number"], BY_NAME["text"]
    assert (whole.least, whole.most, whole.default) == (1, 9, 3)
    assert (number.least, number.most) == (0.5, 2)
    assert (text.length_max, text.required, text.help) == (20, True, "Say it")


def test_nothing_is_an_answer_only_where_none_is_allowed():
    assert BY_NAME["colour"].optional
    assert not BY_NAME["word"].optional


def test_choices_are_shown_in_words():
    assert [shown(one) for one in Colour] == ["Red", "Dark blue"]
    assert BY_NAME["colours"].choices == tuple(Colour)
