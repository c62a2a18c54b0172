"""Models reached through LiteLLM, in process."""

from core.llm.hosted.models import Hosted, Route

__all__ = ["Hosted", "Route"]
