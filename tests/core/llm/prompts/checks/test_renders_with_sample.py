"""A template that its own sample cannot fill does not pass."""

from __future__ import annotations

from core.llm.prompts.checks.renders_with_sample import renders_with_sample
from core.llm.prompts.template import template


def test_the_sample_fills_it_or_it_is_said_why_not():
    read = template("Hello {{ name }}.")
    assert renders_with_sample(read, {"name": "Ana"}) == ""
    assert "'name' is undefined" in renders_with_sample(read, {})


def test_nothing_is_not_enough():
    assert renders_with_sample(template("{% if x %}a{% endif %}"), {"x": False})
