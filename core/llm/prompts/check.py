"""Tests that a version can be asked to pass before it goes live. One file in `checks/` each."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from core.errors import NotFound
from core.kernel.registry import Registry
from core.llm.prompts.template import Template

# (template, sample values) -> what is wrong, or nothing.
Check = Callable[[Template, Mapping[str, Any]], str]
CHECKS: Registry[Check] = Registry("prompt test")


@cache
def discover() -> Registry[Check]:
    """Every test whose file is in `checks/`."""
    room = importlib.import_module("core.llm.prompts.checks")
    for file in pkgutil.iter_modules(room.__path__):
        importlib.import_module(f"{room.__name__}.{file.name}")
    return CHECKS


def run(names: Sequence[str], template: Template, sample: Mapping[str, Any]) -> dict[str, str]:
    """What each named test finds wrong; nothing where it passed. An unknown test does not pass."""
    known, found = discover(), {}
    for name in names:
        try:
            found[name] = known[name](template, sample)
        except NotFound as error:
            found[name] = error.message
    return found
