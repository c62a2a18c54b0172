"""Langfuse by its OpenTelemetry endpoint: where it is, and the attributes it reads.

The attributes are on every span, so a collector that forwards to Langfuse works as well. They
hold no content: names, amounts, cost, user and session.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.settings import NUSD
from core.telemetry import facts

TYPES = {  # kinds of steps as Langfuse calls them; usage belongs to generations and embeddings
    "model": "generation",
    "batch": "generation",
    "image": "generation",
    "speech": "generation",
    "transcription": "generation",
    "video": "generation",
    "rerank": "generation",
    "embeddings": "embedding",
    "tool": "tool",
    "search": "retriever",
    "web": "retriever",
}


def endpoint(base_url: str) -> str:
    """Where Langfuse takes traces."""
    return f"{base_url.rstrip('/')}/api/public/otel/v1/traces"


def headers(public_key: str, secret_key: str) -> dict[str, str]:
    """Basic authorization with the project's keys."""
    basic = base64.b64encode(f"{public_key}:{secret_key}".encode()).decode("ascii")
    return {"Authorization": f"Basic {basic}", "x-langfuse-ingestion-version": "4"}


def trace_attributes(operation: str, environment: str) -> dict[str, Any]:
    """What every span of a task says about its trace; user.id and session.id are there already."""
    return {"langfuse.trace.name": operation, "langfuse.environment": environment}


def asked_attributes(ask: facts.Asked) -> dict[str, Any]:
    """What Langfuse shows of a step that begins."""
    return {
        "langfuse.observation.type": TYPES.get(ask.kind, "span"),
        "langfuse.observation.metadata.task_id": json.dumps(ask.task_id),
        "langfuse.observation.metadata.org_id": json.dumps(ask.who.org),
        "langfuse.observation.metadata.policy": json.dumps(
            facts.policy_of(ask.policy.name, ask.policy.variant)
        ),
    }


def settled_attributes(outcome: Mapping[str, Any], began_at: datetime) -> dict[str, Any]:
    """What Langfuse shows of a step that has ended: model, usage, cost in dollars, or why not."""
    told: dict[str, Any] = {}
    if outcome.get("code"):
        told["langfuse.observation.level"] = "ERROR"
        told["langfuse.observation.status_message"] = outcome.get("message") or outcome["code"]
    use = facts.total(outcome)
    if not use:
        return told
    told["langfuse.observation.model.name"] = use["model"]
    told["langfuse.observation.usage_details"] = json.dumps(usage(use))
    told["langfuse.observation.cost_details"] = json.dumps(cost(use))
    told["langfuse.observation.metadata.cached"] = json.dumps(use["cache_hit"])
    told["langfuse.observation.metadata.estimated"] = json.dumps(use["estimated"])
    if use.get("prompt_hash"):
        told["langfuse.observation.metadata.prompt_hash"] = json.dumps(use["prompt_hash"])
    if use.get("first_token_ms"):
        first = began_at.astimezone(UTC) + timedelta(milliseconds=use["first_token_ms"])
        told["langfuse.observation.completion_start_time"] = json.dumps(first.isoformat())
    return told


def usage(use: Mapping[str, Any]) -> dict[str, int]:
    """Tokens by kind; no token is in two kinds, and they add up to the total."""
    prompt, completion = use["prompt_tokens"], use["completion_tokens"]
    cached, wrote = use["cached_tokens"], use["cache_write_tokens"]
    reasoning = use["reasoning_tokens"]
    finer = {
        "input_cached_tokens": cached,
        "input_cache_creation": wrote,
        "output_reasoning_tokens": reasoning,
    }
    rough = {
        "input": max(0, prompt - cached - wrote),
        "output": max(0, completion - reasoning),
        "total": prompt + completion,
    }
    return rough | {kind: tokens for kind, tokens in finer.items() if tokens}


def cost(use: Mapping[str, Any]) -> dict[str, float]:
    """Dollars, whole and by kind of token."""
    return {
        "total": use["cost_nusd"] / NUSD,
        **{kind: nusd / NUSD for kind, nusd in use["breakdown"].items()},
    }
