"""Mistral: "mistral/mistral-small-latest"."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route, secret
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    base = config.mistral_base_url or "https://api.mistral.ai/v1"
    return Route("mistral", base, secret(config.mistral_api_key))


PROVIDERS.add("mistral", Hosted("mistral", "MISTRAL_API_KEY", _route, published="mistral/"))
