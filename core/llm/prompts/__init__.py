"""Prompt templates: versions by hash, labels, and a sandbox that fills them."""

from core.llm.prompts.registry import Prompts
from core.llm.prompts.shelf import Move, Version
from core.llm.prompts.template import Rendered

__all__ = ["Move", "Prompts", "Rendered", "Version"]
