"""The template tells the model to write references where numbers stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.llm.prompts.check import CHECKS
from core.llm.prompts.template import Template


def mentions_references(template: Template, _sample: Mapping[str, Any]) -> str:
    """What is missing, or nothing."""
    said = "reference" in template.body.lower()
    return "" if said else "It does not tell the model to write references instead of numbers."


CHECKS.add("mentions_references", mentions_references)
