"""The template types no number: a model that is told numbers writes numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from core.llm.prompts.check import CHECKS
from core.llm.prompts.template import Template


def no_digits(template: Template, _sample: Mapping[str, Any]) -> str:
    """The first line with a number in it, or nothing."""
    for line in template.body.splitlines():
        if any(unicodedata.category(letter).startswith("N") for letter in line):
            return f"It types a number: {line.strip()[:80]!r}."
    return ""


CHECKS.add("no_digits", no_digits)
