"""Feature switches on OpenFeature: declared in data/flags.yaml, overridden by FLAG_NAME=on|off.

The provider is in memory; another OpenFeature provider takes its place without a caller noticing.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import NotFound
from core.settings import ROOT, SettingsInvalid

Value = bool | str
WORDS: Mapping[str, bool] = {
    "on": True, "true": True, "yes": True, "1": True,
    "off": False, "false": False, "no": False, "0": False,
}  # fmt: skip


class Flag(BaseModel):
    """One switch: what it is for, and its value where nothing overrides it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    description: str
    default: Value = True


class FlagState(BaseModel):
    """What a flag is now and why, for the status page."""

    name: str
    description: str
    value: Value
    overridden: bool


class Flags:
    """The switches of one studio. Raises SettingsInvalid when an override fits no flag."""

    def __init__(self, declared: Mapping[str, Flag], overrides: Mapping[str, str]) -> None:
        self._declared = dict(declared)
        self._overrides = {name: _override(name, declared, overrides) for name in overrides}
        values = {name: flag.default for name, flag in declared.items()} | self._overrides
        provider = InMemoryProvider(
            {name: InMemoryFlag("set", {"set": value}) for name, value in values.items()}
        )
        # A domain of our own: two studios in one process do not see each other's switches.
        self._domain = f"studio-{uuid4().hex}"
        api.set_provider_and_wait(provider, self._domain)
        self._client = api.get_client(self._domain)

    def enabled(self, name: str, who: str = "") -> bool:
        """Whether the switch is on for `who` ("user:ana"). A flag with words is on unless "off".

        Raises NotFound for a flag that is not declared; a provider that fails leaves it off.
        """
        if isinstance(self._flag(name).default, bool):
            return self._client.get_boolean_value(name, False, _context(who))
        return self.value(name, who) != "off"

    def value(self, name: str, who: str = "") -> Value:
        """The value for `who`: True or False, or the flag's word. Raises NotFound."""
        default = self._flag(name).default
        if isinstance(default, bool):
            return self.enabled(name, who)
        return self._client.get_string_value(name, "off", _context(who))

    def status(self) -> list[FlagState]:
        """Every flag as it is now, by name."""
        return [
            FlagState(
                name=name,
                description=flag.description,
                value=self.value(name),
                overridden=name in self._overrides,
            )
            for name, flag in sorted(self._declared.items())
        ]

    def _flag(self, name: str) -> Flag:
        if name not in self._declared:
            known = ", ".join(sorted(self._declared)) or "none"
            raise NotFound(f"No flag named {name!r}.", hint=f"Known: {known}.")
        return self._declared[name]


def open_flags(overrides: Mapping[str, str], path: Path = ROOT / "data" / "flags.yaml") -> Flags:
    """The flags declared in `path` with these overrides. Raises SettingsInvalid."""
    return Flags(declared(path), overrides)


def declared(path: Path) -> dict[str, Flag]:
    """The flags of a YAML file: name -> {description, default}. Raises SettingsInvalid."""
    hint = "Each flag is `name: {description: ..., default: true}`."
    try:
        found: Any = yaml.safe_load(path.read_text("utf-8")) or {}
        return {str(name): Flag.model_validate(flag) for name, flag in found.items()}
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise SettingsInvalid(f"{path.name} cannot be read: {reason}.", hint=hint) from error
    except (yaml.YAMLError, ValidationError, AttributeError) as error:
        first = str(error).splitlines()[0]
        raise SettingsInvalid(f"{path.name} is not a list of flags: {first}.", hint=hint) from error


def _override(name: str, declared: Mapping[str, Flag], overrides: Mapping[str, str]) -> Value:
    text = overrides[name].strip()
    if name not in declared:
        near = get_close_matches(name, list(declared), n=1)
        meant = f"Did you mean FLAG_{near[0].upper()}?" if near else "See data/flags.yaml."
        raise SettingsInvalid(f"FLAG_{name.upper()} overrides no flag.", hint=meant)
    if not isinstance(declared[name].default, bool):
        return text
    if text.lower() not in WORDS:
        raise SettingsInvalid(f"FLAG_{name.upper()} is {text!r}.", hint="Set it to on or off.")
    return WORDS[text.lower()]


def _context(who: str) -> EvaluationContext:
    return EvaluationContext(targeting_key=who or None)
