"""What a provider is. One file in `providers/` each; being there is being known."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.kernel import Call
from core.kernel.registry import Registry
from core.llm.arrival import Arrival
from core.llm.config import ModelSettings
from core.llm.messages import Message, ToolSpec
from core.llm.pricing import Price
from core.settings.catalogue import Entry, catalogue


@dataclass(frozen=True)
class Request:
    """One attempt at one model. `model` is without the provider's name: "gpt-4o-mini"."""

    model: str
    messages: Sequence[Message]
    tools: Sequence[ToolSpec]
    tokens_max: int
    temperature: float
    top_p: float | None = None
    response: dict[str, Any] | None = None  # a JSON schema the answer must fit
    stream: bool = True  # piece by piece, so that a cut or a cancel keeps what had arrived


class Provider(Protocol):
    """A way to models."""

    @property
    def entry(self) -> Entry | None:
        """What data/providers.yaml says of it; None for a built-in one."""
        ...

    @property
    def counts_by_rule(self) -> bool:
        """Its usage is exactly what core.llm.tokens counts."""
        ...

    def missing(self, config: ModelSettings) -> str:
        """The setting without which this provider is absent, or nothing."""
        ...

    def price(self, model: str) -> Price | None:
        """What `model` costs where the settings do not say; None when nobody knows.

        Raises Invalid or NotFound for what is no model for conversation.
        """
        ...

    def warm(self) -> None:
        """What answering needs is loaded; the first call may take seconds."""
        ...

    def answer(self, config: ModelSettings, request: Request, arrival: Arrival, call: Call) -> None:
        """Fill `arrival`; return when the answer is complete. Runs in the act's thread.

        Raises core.errors classes only, and ends soon after `call` is stopped.
        """
        ...


PROVIDERS: Registry[Provider] = Registry("model provider")


@dataclass(frozen=True)
class Listed:
    """A provider as people see it in a list. It holds no credential."""

    kind: str  # "models", "search", ...
    name: str
    title: str
    missing: str  # the setting without which it is absent, or nothing
    host: str  # where it is; nothing for what is built in
    models: tuple[str, ...]  # examples


def images_of(provider: Provider, model: str) -> int:
    """What `model` counts for one image at most, where the provider's entry says so; else 0."""
    told = provider.entry.image_tokens if provider.entry else {}
    return max((most for part, most in told.items() if part in model), default=0)


def listed(config: ModelSettings) -> list[Listed]:
    """Every provider there is, configured or not: the built-in ones, then data/providers.yaml."""
    entries = catalogue()
    built_in = [name for name in discover() if name not in entries.get("models", {})]
    found = [Listed("models", name, "Built in", "", "", (name,)) for name in built_in]
    for kind, section in entries.items():
        for name, entry in section.items():
            missing = entry.missing(config.credential)
            address = urlsplit(entry.address(config.credential))
            host = address.netloc.rpartition("@")[2]  # a password may stand before it
            examples = tuple(f"{name}/{model}" for model in entry.models)
            found.append(Listed(kind, name, entry.title, missing, host, examples))
    return found


@cache
def discover() -> Registry[Provider]:
    """Every provider whose file is in `providers/`."""
    room = importlib.import_module("core.llm.providers")
    for file in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{room.__name__}.{file.name}")
    return PROVIDERS
