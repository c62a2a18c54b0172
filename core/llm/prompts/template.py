"""A template: one text, or sections for the roles of a conversation. The same text, the same hash.

A line "## system", "## user" or "## assistant" begins a section. They are cut before anything is
filled in, so a value that looks like such a line stays a value.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from core.errors import Invalid
from core.llm.messages import Message, Role

SECTION = re.compile(r"^##[ \t]+(system|user|assistant)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Rendered:
    """A filled template, and which version of it that was."""

    name: str
    hash: str
    version: int
    messages: tuple[Message, ...]

    @property
    def text(self) -> str:
        """All sections as one text."""
        return "\n\n".join(message.content for message in self.messages)


@dataclass(frozen=True)
class Template:
    """A readable template."""

    body: str
    hash: str
    variables: frozenset[str]
    parts: tuple[tuple[Role, Any], ...]

    def fill(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """Its sections with these values; empty ones are left out. Raises Invalid."""
        from core.llm.prompts import sandbox

        made = [Message(role=role, content=sandbox.fill(part, values)) for role, part in self.parts]
        return tuple(message for message in made if message.content)


def hash_of(body: str) -> str:
    """SHA-256 of the template's text."""
    return hashlib.sha256(body.encode()).hexdigest()


@lru_cache(maxsize=256)
def template(body: str) -> Template:
    """The template of this text; one without sections speaks as the user. Raises Invalid."""
    from core.llm.prompts import sandbox

    sections = _sections(body)
    parts: tuple[tuple[Role, Any], ...] = tuple(
        (role, sandbox.parse(text)) for role, text in sections
    )
    names = frozenset[str]().union(*(sandbox.variables(text) for _, text in sections))
    return Template(body, hash_of(body), names, parts)


def _sections(body: str) -> list[tuple[Role, str]]:
    """(role, text), in order."""
    first, *rest = SECTION.split(body)
    if not rest:
        if not body.strip():
            raise Invalid("The template is empty.", hint="Write what the model is told.")
        return [("user", body)]
    if first.strip():
        raise Invalid(
            "The template has text before its first section.",
            hint='Begin with a line "## system" or "## user", or use no sections at all.',
        )
    return [(cast(Role, role), text) for role, text in zip(rest[::2], rest[1::2], strict=True)]
