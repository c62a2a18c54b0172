"""LiteLLM, loaded once, silent, and knowing the offline model as "offline/rules"."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.llm.hosted import custom

BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches its price map at import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # or it fetches those too
    "LITELLM_MODE": "PRODUCTION",  # or it loads any .env it finds into the environment
}
IN_WHEEL = {  # tokenizer -> its file; any other would be fetched
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
_LOCK = threading.Lock()
_LOADED: list[Any] = []


def load() -> Any:
    """The litellm module; the first call takes seconds. Never call it on an event loop."""
    with _LOCK:
        if not _LOADED:
            os.environ.update(BEFORE_IMPORT)  # noqa: TID251 - it reads them while it is imported
            import litellm

            litellm.__dict__["DEFAULT_MAX_RETRIES"] = 0  # some doors retry behind our back
            # It would break off a long line of dashes; what an answer may cost bounds it already.
            litellm.__dict__["REPEATED_STREAMING_CHUNK_LIMIT"] = sys.maxsize
            # It swaps counts within its own models, and pydantic would tell of each on stderr.
            warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
            litellm.suppress_debug_info = True  # it prints advertisements on errors
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
                logging.getLogger(name).setLevel(logging.CRITICAL)  # its lines may quote requests
            _offer_offline(litellm)
            _teach_ends()
            _LOADED.append(litellm)
        return _LOADED[0]


def encoding(model: str) -> Any | None:
    """The tokenizer of an OpenAI model, from the files in LiteLLM's wheel; None for others."""
    import tiktoken

    try:
        return _tokenizer(tiktoken.encoding_name_for_model(model))
    except KeyError:
        return None


@cache
def tokenizers() -> tuple[Any, ...]:
    """Those that lie in LiteLLM's wheel. The first call takes a second."""
    return tuple(code for name in IN_WHEEL if (code := _tokenizer(name)))


def _tokenizer(name: str) -> Any | None:
    found = find_spec("litellm")
    if found is None or not found.submodule_search_locations or name not in IN_WHEEL:
        return None
    folder = Path(found.submodule_search_locations[0], "litellm_core_utils", "tokenizers")
    with _LOCK:
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)  # noqa: TID251 - or it fetches them
        import tiktoken

        try:
            there = (folder / IN_WHEEL[name]).is_file()
            return tiktoken.get_encoding(name) if there else None
        except OSError:  # not readable
            return None


def _teach_ends() -> None:
    """A full context is an answer cut short; LiteLLM does not know the word and says "stop"."""
    from litellm.litellm_core_utils import core_helpers

    known: dict[str, str] = getattr(core_helpers, "_FINISH_REASON_MAP", {})
    known.setdefault("model_length", "length")


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
