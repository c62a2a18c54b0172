"""OpenRouter: "openrouter/VENDOR/MODEL". Its prices are not published in the map: settings."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route, secret
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    base = config.openrouter_base_url or "https://openrouter.ai/api/v1"
    return Route("openrouter", base, secret(config.openrouter_api_key))


_PROVIDER = Hosted("openrouter", "OPENROUTER_API_KEY", _route, published="openrouter/")
PROVIDERS.add("openrouter", _PROVIDER)
