"""Any server that speaks OpenAI's chat completions: "compatible/NAME". Priced in the settings."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route, secret
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    key = secret(config.compatible_api_key) or "none"  # many need no key, but a header
    return Route("openai", config.compatible_base_url, key)


PROVIDERS.add("compatible", Hosted("compatible", "COMPATIBLE_BASE_URL", _route))
