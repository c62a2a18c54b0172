"""Anthropic: "anthropic/claude-sonnet-4-5"."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route, secret
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    base = config.anthropic_base_url or "https://api.anthropic.com"
    return Route("anthropic", base, secret(config.anthropic_api_key))


PROVIDERS.add("anthropic", Hosted("anthropic", "ANTHROPIC_API_KEY", _route, published=""))
