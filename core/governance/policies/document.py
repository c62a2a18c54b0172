"""policies.yaml as a whole: all of it is right, or none of it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from core.governance.policies.entry import Checks, Entry, is_name, read, said
from core.governance.policies.lines import Problem, faulty, parse
from core.settings import Settings
from core.settings.fields import LIMITS

VERSION = 1
# The limits that may be set here, each as the setting of its name is checked. They are known when
# this runs, and to pyright any of them might be an option of the model itself.
Limits: type[BaseModel] = create_model(
    "Limits",
    __config__=ConfigDict(extra="forbid", frozen=True),
    **{n: (f.annotation, f) for n, f in Settings.model_fields.items() if n in LIMITS.values()},  # pyright: ignore[reportArgumentType, reportCallIssue]
)


@dataclass(frozen=True)
class Document:
    """What the file says: limits by the names of their settings, and the use cases."""

    limits: Mapping[str, Decimal | int] = field(default_factory=dict)
    use_cases: Mapping[str, Entry] = field(default_factory=dict)


def load(text: str, checks: Checks | None = None) -> Document:
    """The whole text, checked. Raises Faulty with the first thing that is wrong and its line.

    A check raises a StudioError: for a model that is unknown or has no price, for a template that
    is not there.
    """
    lines = parse(text)
    problems = _shape(lines.data)
    if problems:
        raise faulty(lines.trouble(problems))
    limits, wrong = _limits(lines.data.get("limits") or {})
    problems += wrong
    use_cases = {}
    for name, told in (lines.data.get("use_cases") or {}).items():
        if not is_name(name):
            problems.append((("use_cases", name), f"This is no name of a use case: {name[:40]!r}."))
        use_cases[name], wrong = read(told, checks)
        problems += [(("use_cases", name, *path), text) for path, text in wrong]
    if problems:
        raise faulty(lines.trouble(problems))
    return Document(limits, use_cases)


def load_entry(text: str, checks: Checks | None = None) -> dict[str, Any]:
    """The fields of one use case as they were written, checked. Raises Faulty with the line."""
    lines = parse(text)
    _, problems = read(lines.data, checks)
    if problems:
        raise faulty(lines.trouble(problems))
    return lines.data or {}


def _shape(data: Any) -> list[Problem]:
    if not isinstance(data, Mapping):
        return [((), f"The file begins with `version: {VERSION}`.")]
    known = ("version", "limits", "use_cases")
    problems: list[Problem] = [
        ((name,), f"There is no part {name!r}; the parts are {', '.join(known)}.")
        for name in data
        if name not in known
    ]
    if data.get("version") != VERSION:
        problems.append((("version",), f"The file begins with `version: {VERSION}`."))
    problems += [
        ((part,), "Names are expected here, as `name: value`.")
        for part in known[1:]
        if not isinstance(data.get(part) or {}, Mapping)
    ]
    return problems


def _limits(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    words: list[Problem] = [
        (("limits", name), "An amount is expected here.")
        for name, most in given.items()
        if isinstance(most, bool)
    ]
    if words:
        return {}, words
    try:
        return Limits.model_validate(given).model_dump(exclude_unset=True), []
    except ValidationError as error:
        return {}, [
            (("limits", *item["loc"]), said(item, str(item["loc"][0]))) for item in error.errors()
        ]
