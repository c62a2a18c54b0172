"""What an office imports when it hands a batch over, imported before the first life begins."""

from __future__ import annotations

from importlib import import_module

from core.llm.hosted import bridge

bridge.load()
for name in ("openai.resources", "anthropic.resources"):
    import_module(name)
