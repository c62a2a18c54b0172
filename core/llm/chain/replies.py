"""Answers to equal questions, kept for as long as the policy says. A hit costs nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from core.kernel import Run
from core.llm.messages import Reply
from core.llm.provider import Request
from core.storage.cache import Cache


class Replies:
    """The response cache of the gateway."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def find(self, key: str) -> Reply | None:
        """The earlier reply, free and marked; None when there is none that can be read."""
        found = self._cache.get(key)
        try:
            reply = Reply.model_validate_json(found) if found else None
        except ValidationError:
            return None
        if reply is None:
            return None
        free = {"cached": True, "cost_nusd": 0, "breakdown": {}, "left": {}}
        timing = {"latency_ms": 0, "first_token_ms": None, "attempts": []}
        return reply.model_copy(update={**free, **timing})

    def keep(self, key: str, reply: Reply, ttl_s: int) -> None:
        """Only whole answers are kept: nothing estimated, cut short or filtered."""
        if not reply.estimated and reply.finish_reason in ("stop", "tool_calls"):
            self._cache.put(key, reply.model_dump_json().encode(), ttl_s)


def key_for(run: Run, models: Sequence[str], request: Request, prompt_hash: str) -> str:
    """The key of what `run` asks, by itself or among many."""
    policy = run.policy
    named = {"use_case": policy.name, "variant": policy.variant}
    about = {"prompt": prompt_hash, "moderation": policy.moderation, **named}
    return key_of(run.who.org, models, request, **about)


def key_of(org_id: str, models: Sequence[str], request: Request, **more: Any) -> str:
    """Everything an answer depends on, hashed: whose it is, who may answer, and all that is asked.

    `more` holds what the caller's answer depends on besides: use case, variant, prompt.
    """
    asked = {
        "org": org_id,
        "models": list(models),
        "messages": [message.model_dump() for message in request.messages],
        "tools": [tool.model_dump() for tool in request.tools],
        "tokens_max": request.tokens_max,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "response": request.response,
        **more,
    }
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return f"reply:{org_id}:{hashlib.sha256(text.encode()).hexdigest()}"
