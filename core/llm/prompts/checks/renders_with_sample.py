"""The template can be filled with its own sample values, and something comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import Invalid
from core.llm.prompts.check import CHECKS
from core.llm.prompts.template import Template


def renders_with_sample(template: Template, sample: Mapping[str, Any]) -> str:
    """What goes wrong with the sample, or nothing."""
    try:
        made = template.fill(sample)
    except Invalid as error:
        return error.message
    return "" if made else "Nothing comes out of it."


CHECKS.add("renders_with_sample", renders_with_sample)
