"""The templates that come with the studio: `data/prompts/NAME.md`, YAML on top, then the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.errors import Invalid
from core.llm.prompts.template import template

MARK = "---\n"


class Shipped(BaseModel):
    """What the top of a file says, and its text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")
    owner: str = ""
    description: str = ""
    variables: tuple[str, ...] = ()
    sample: dict[str, Any] = Field(default_factory=dict, description="Values to try it with")
    requires: tuple[str, ...] = Field(default=(), description="Tests before it may go live")
    body: str = ""


def shipped(folder: Path) -> dict[str, Shipped]:
    """Every template of the folder by its name. Raises Invalid that names the file."""
    found = [read(file) for file in sorted(folder.glob("*.md"))]
    return {one.name: one for one in found}


def read(file: Path) -> Shipped:
    """The template in this file. Raises Invalid: it is not what it says it is."""
    where = f"The prompt file {file.name!r}"
    empty, *parts = file.read_text("utf-8").split(MARK, 2)
    if empty or len(parts) != 2:
        raise Invalid(f"{where} has no head.", hint="Begin it with --- name: ... ---.")
    try:
        made = Shipped.model_validate({**(yaml.safe_load(parts[0]) or {}), "body": parts[1]})
    except (yaml.YAMLError, ValueError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise Invalid(f"{where} has a head that does not fit: {first}.", hint=_FIELDS) from None
    if made.name != file.stem:
        raise Invalid(f"{where} calls itself {made.name!r}.", hint="Give both the same name.")
    used = template(made.body).variables
    if used != set(made.variables) or not used <= made.sample.keys():
        raise Invalid(
            f"{where} uses {', '.join(sorted(used)) or 'no variables'}.",
            hint="List exactly these as variables, each with a value in sample.",
        )
    return made


_FIELDS = f"It knows: {', '.join(name for name in Shipped.model_fields if name != 'body')}."
