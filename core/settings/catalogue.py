"""data/providers.yaml: who can be asked, and the names of the keys and addresses they have.

One entry there is one provider; its settings follow from it. No other file names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from core.settings.kinds import at

FILE = Path(__file__).resolve().parents[2] / "data" / "providers.yaml"
NAME = r"^[A-Z][A-Z0-9_]*$"
SECTIONS = {"models": "Models", "search": "Search", "media": "Media"}
WEB = ("http://", "https://")


class Entry(BaseModel):
    """One provider. The file says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    dialect: str = ""
    base_url: str = ""
    key: str = Field(default="", pattern=rf"{NAME}|^$")
    key_about: str = ""
    url: str = Field(default="", pattern=rf"{NAME}|^$")
    url_about: str = ""
    needs: Literal["key", "url"] = "key"
    keyless: str = ""
    scheme: str = ""
    path: str = ""
    published: str | None = None
    free: bool = False
    counts: Literal["", "tiktoken", "endpoint"] = ""
    schema_: Literal["", "native"] = Field(default="", alias="schema")
    tool_ids: int = 0
    temperature_max: float = 2
    top_p: Literal["", "alone", "warm"] = ""
    images: bool = False
    image_tokens: Mapping[str, int] = Field(default_factory=dict)
    batches: str = ""
    moderation: str = ""
    models: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        """The setting without which it is absent."""
        return self.key if self.needs == "key" else self.url

    def address(self, credential: Callable[[str], str]) -> str:
        """Where it is; nothing where that is not set. `credential` is a setting's value by name."""
        return (credential(self.url) or self.base_url).rstrip("/")

    def missing(self, credential: Callable[[str], str]) -> str:
        """The setting that is not set and without which it is absent, or nothing."""
        may = credential(self.key) or self.keyless or self.needs == "url"
        return "" if may and self.address(credential) else self.setting


@cache
def catalogue(file: Path = FILE) -> Mapping[str, Mapping[str, Entry]]:
    """Section ("models", "search", ...) -> name -> entry, in the order of the file."""
    shape = TypeAdapter(dict[str, dict[str, Entry]])
    found = shape.validate_python(yaml.safe_load(file.read_text("utf-8")))
    return MappingProxyType(found)


@cache
def credentials() -> Mapping[str, FieldInfo]:
    """Every key and address by the name of its setting; all may come from a file."""
    found: dict[str, FieldInfo] = {}
    for section, entries in catalogue().items():
        for name, entry in entries.items():
            for setting, about in _named(section, name, entry):
                if setting and setting not in found:
                    field: FieldInfo = at(SECTIONS.get(section, section.capitalize()), None, about)
                    field.annotation = SecretStr
                    found[setting] = field
    return MappingProxyType(found)


def checked(given: Mapping[str, SecretStr]) -> dict[str, SecretStr]:
    """The credentials as they are used: known names, addresses with a scheme, none empty.

    Raises ValueError with each wrong name and what is wrong with it: "NAME: why; NAME: why".
    """
    made, wrong = {}, []
    for name, secret in given.items():
        value = secret.get_secret_value().strip()
        if name not in credentials():
            wrong.append(f"{name}: is no credential of any provider")
        elif name in _addresses() and value:
            scheme = _addresses()[name]
            value = f"{scheme}://{value}" if scheme and "://" not in value else value
            if not value.startswith(WEB):
                wrong.append(f"{name}: must begin with http:// or https://")
            value = value.rstrip("/")
        if value:
            made[name] = SecretStr(value)
    if wrong:
        raise ValueError("; ".join(wrong))
    return made


def _named(section: str, name: str, entry: Entry) -> tuple[tuple[str, str], tuple[str, str]]:
    """The settings of one entry, each with what it is for."""
    key = f"Key of models named {name}/NAME" if section == "models" else f"Key of {entry.title}"
    url = f"Another server that speaks {entry.title}'s API"
    return (entry.key, entry.key_about or key), (entry.url, entry.url_about or url)


@cache
def _addresses() -> Mapping[str, str]:
    """Settings that are addresses -> the scheme of those written without one."""
    entries = [entry for section in catalogue().values() for entry in section.values()]
    return {entry.url: entry.scheme for entry in entries if entry.url}
