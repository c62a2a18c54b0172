"""What a deck can become. One file in `exports/` is one more of them, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from core.insight import exports
from core.insight.slides import Deck
from core.kernel.registry import Registry
from core.storage.blobs import Blobs

Write = Callable[[Deck, Blobs | None], bytes | BinaryIO]


@dataclass(frozen=True)
class Export:
    """A format: its suffix without a dot, its name for people, and what writes it.

    `blobs` is where the source files are kept; formats that do not carry them ignore it.
    """

    suffix: str
    label: str
    media_type: str
    write: Write

    def __call__(self, deck: Deck, blobs: Blobs | None = None) -> bytes | BinaryIO:
        """The deck in this format. The same deck gives the same bytes."""
        return self.write(deck, blobs)

    def whole(self, deck: Deck, blobs: Blobs | None = None) -> bytes:
        """The same, read whole."""
        made = self(deck, blobs)
        return made if isinstance(made, bytes) else made.read()


EXPORTS: Registry[Export] = Registry("export")


def export(suffix: str, label: str, media_type: str) -> Callable[[Write], Write]:
    """Register the decorated `write(deck, blobs)` as what makes files that end in `suffix`."""

    def register(write: Write) -> Write:
        EXPORTS.add(suffix, Export(suffix, label, media_type, write))
        return write

    return register


def discover() -> Registry[Export]:
    """Every export there is. Importing a file twice changes nothing."""
    for module in pkgutil.iter_modules(exports.__path__):
        importlib.import_module(f"{exports.__name__}.{module.name}")
    return EXPORTS
