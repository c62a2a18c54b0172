"""Ollama on your own machine: "ollama/llama3.1". Free; spoken to in OpenAI's format."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.hosted import Hosted, Route
from core.llm.provider import PROVIDERS


def _route(config: ModelSettings) -> Route:
    host = config.ollama_host.rstrip("/")
    if host and "://" not in host:
        host = f"http://{host}"  # OLLAMA_HOST is often "127.0.0.1:11434"
    return Route("openai", host and f"{host}/v1", "ollama")  # the key is not read


PROVIDERS.add("ollama", Hosted("ollama", "OLLAMA_HOST", _route, free=True))
