"""What a view of Governance is; being in `views/` is being in the sidebar."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class View:
    """One view: `draw` draws it whole; a lower `place` stands higher in the sidebar."""

    title: str
    icon: str  # ":material/payments:"
    place: int
    draw: Callable[[], None]


@cache
def views() -> dict[str, View]:
    """Every file of `views/` by its name, in the order of the sidebar."""
    room = importlib.import_module("components.govern.views")
    found = {
        item.name: importlib.import_module(f"{room.__name__}.{item.name}").VIEW
        for item in pkgutil.iter_modules(room.__path__)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].place))
