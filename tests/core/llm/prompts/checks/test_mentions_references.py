"""A prompt that forgets the references is not for models that answer with numbers."""

from __future__ import annotations

from core.llm.prompts.checks.mentions_references import mentions_references
from core.llm.prompts.template import template


def test_references_are_asked_for():
    assert mentions_references(template("Use only their references."), {}) == ""
    assert mentions_references(template("Answer now."), {})
