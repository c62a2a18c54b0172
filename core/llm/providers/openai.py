"""OpenAI: "openai/gpt-4o-mini"."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route, secret
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    base = config.openai_base_url or "https://api.openai.com/v1"
    return Route("openai", base, secret(config.openai_api_key))


PROVIDERS.add("openai", Hosted("openai", "OPENAI_API_KEY", _route, published=""))
