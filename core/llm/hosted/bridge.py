"""LiteLLM, loaded once, silent, and knowing the offline model as "offline/rules"."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from core.llm.hosted import custom

BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches its price map at import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # or it fetches those too
    "LITELLM_MODE": "PRODUCTION",  # or it loads any .env it finds into the environment
}
_LOCK = threading.Lock()
_LOADED: list[Any] = []


def load() -> Any:
    """The litellm module; the first call takes seconds. Never call it on an event loop."""
    with _LOCK:
        if not _LOADED:
            os.environ.update(BEFORE_IMPORT)  # noqa: TID251 - it reads them while it is imported
            import litellm

            litellm.suppress_debug_info = True  # it prints advertisements on errors
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
                logging.getLogger(name).setLevel(logging.CRITICAL)  # its lines may quote requests
            _offer_offline(litellm)
            _LOADED.append(litellm)
        return _LOADED[0]


def _offer_offline(litellm: Any) -> None:
    """Whoever calls LiteLLM by hand finds the offline model there as well."""
    from litellm.utils import custom_llm_setup

    free = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
    about = {"litellm_provider": "offline", "mode": "chat", "supports_function_calling": True}
    litellm.register_model({"offline/rules": {**about, **free}})
    litellm.custom_provider_map = [
        *litellm.custom_provider_map,
        {"provider": "offline", "custom_handler": custom.handler(litellm)},
    ]
    custom_llm_setup()
