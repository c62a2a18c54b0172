"""Web search: whoever is configured answers; each question is a priced, gated step."""

from core.llm.search.door import search
from core.llm.search.engine import Hit

__all__ = ["Hit", "search"]
