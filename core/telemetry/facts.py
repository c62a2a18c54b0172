"""What is told of a step or a task, as plain data: log fields and span attributes.

Pure: the kernel hands in what it knows, and nothing here knows the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Told = dict[str, Any]
JUDGING = "moderation"  # the kind of a use that judged a step; the others are its own


class Asked(Protocol):
    """The step that was asked for; the kernel's `Ask` is one."""

    @property
    def task_id(self) -> str:
        """The task it belongs to."""
        ...

    @property
    def seq(self) -> int:
        """Its number in the task."""
        ...

    @property
    def kind(self) -> str:
        """model, tool, ..."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def operation(self) -> str:
        """The operation that takes it."""
        ...

    @property
    def who(self) -> Any:
        """For whom: org, person, scopes."""
        ...

    @property
    def policy(self) -> Any:
        """Under which policy: name, variant."""
        ...


def state_of(outcome: Mapping[str, Any]) -> str:
    """done, failed, cancelled or refused: how the step with this outcome ended."""
    if "ok" in outcome or "blob" in outcome:
        return "done"
    if "spent" not in outcome:
        return "refused"
    return "cancelled" if outcome.get("code") == "cancelled" else "failed"


def policy_of(name: str, variant: str) -> str:
    """The policy as it is called everywhere: "lead_scoring", or "lead_scoring@b" of a split."""
    return f"{name}@{variant}" if variant else name


def total(outcome: Mapping[str, Any]) -> Told:
    """The uses of one step as one: amounts added, names of its own last, any that was estimated.

    Who judged it gives it no name; a step that failed before it used anything has its model's.
    """
    uses = _uses(outcome)
    named = _named(own_uses(outcome)[-1])
    if not uses and not named["model"]:
        return {}
    amounts = ("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens")
    amounts = (*amounts, "reasoning_tokens", "cost_nusd", "latency_ms")
    added = {name: sum(use.get(name) or 0 for use in uses) for name in amounts}
    some = {name: any(use.get(name) for use in uses) for name in ("estimated", "cache_hit")}
    breakdown: dict[str, int] = {}
    for use in uses:
        for kind, nusd in (use.get("breakdown") or {}).items():
            breakdown[kind] = breakdown.get(kind, 0) + nusd
    return {**named, **added, **some, "breakdown": breakdown}


def own_uses(outcome: Mapping[str, Any]) -> list[Told]:
    """What the step itself used; if nothing, one use that only names the model that failed."""
    own = [use for use in _uses(outcome) if use.get("kind") != JUDGING]
    failed = str((outcome.get("details") or {}).get("model") or "")
    return own or [{"provider": failed.partition("/")[0], "model": failed} if failed else {}]


def call_lines(ask: Asked, outcome: Mapping[str, Any], took_ms: int) -> list[Told]:
    """The fields of the log lines of one step: its own first, then of what judged it."""
    judging = [use for use in _uses(outcome) if use.get("kind") == JUDGING]
    judged_nusd = sum(use["cost_nusd"] for use in judging)
    own = [call_line(ask, outcome, use, took_ms, judged_nusd) for use in own_uses(outcome)]
    return [*own, *(call_line(ask, {"ok": None}, use, took_ms) for use in judging)]


def call_line(
    ask: Asked, outcome: Mapping[str, Any], use: Told, took_ms: int, judged_nusd: int = 0
) -> Told:
    """The fields of the log line of one model or tool call; `judged_nusd` of it is told apart."""
    told = "cost_nusd" in use
    prompt, completion = use.get("prompt_tokens") or 0, use.get("completion_tokens") or 0
    spent = outcome.get("spent") or {}
    line = {
        "operation": ask.operation,
        "use_case": use.get("use_case") or ask.policy.name,
        "policy": policy_of(ask.policy.name, ask.policy.variant),
        "kind": JUDGING if use.get("kind") == JUDGING else ask.kind,
        "step": ask.name,
        "provider": use.get("provider", ""),
        "model": use.get("model", ""),
        "tokens_used": prompt + completion if told else spent.get("tokens", 0),
        "cost_nusd": use["cost_nusd"] if told else max(0, spent.get("nusd", 0) - judged_nusd),
        "latency_ms": use.get("latency_ms") or took_ms,
        "cached": bool(use.get("cache_hit")),
        "estimated": bool(use.get("estimated")),
        "user_id": ask.who.person,
        "org_id": ask.who.org,
        "request_id": ask.task_id,
        "seq": ask.seq,
        "state": state_of(outcome),
    }
    more = {name: use.get(name) for name in ("first_token_ms", "prompt_hash")}
    more["error_code"] = outcome.get("code")
    return line | {name: value for name, value in more.items() if value}


def task_line(task: Any, steps: list[Told], took_ms: int) -> Told:
    """The fields of the log line of a finished operation.

    `steps`: its leaf steps as {"cost_nusd", "tokens", "uses"}, all legs and processes together.
    """
    uses = [use for step in steps for use in step["uses"] or []]
    own = [use for use in uses if use.get("kind") != JUDGING]
    under = [use for use in uses if use.get("use_case")] or _asked_under(task)
    line = {
        "operation": task.operation,
        "use_case": _names(under, "use_case"),
        "policy": ", ".join(
            dict.fromkeys(policy_of(one["use_case"], one.get("variant") or "") for one in under)
        ),
        "provider": _names(own, "provider"),
        "model": _names(own, "model"),
        "tokens_used": sum(step["tokens"] for step in steps),
        "cost_nusd": sum(step["cost_nusd"] for step in steps),
        "latency_ms": took_ms,
        "cached": bool(own) and all(use.get("cache_hit") for use in own),
        "estimated": any(use.get("estimated") for use in uses),
        "user_id": task.person_id,
        "org_id": task.org_id,
        "request_id": task.id,
        "state": task.state,
    }
    code = (task.error or {}).get("code")
    return line | ({"error_code": code} if code else {})


def _asked_under(task: Any) -> list[Told]:
    """The use cases that a task took up before it used anything, or its own policy."""
    policy = task.policy or {}
    taken_up = list((policy.get("beside") or {}).values())
    return [
        {"use_case": one.get("name") or task.operation, "variant": one.get("variant")}
        for one in taken_up or [policy]
    ]


def _uses(outcome: Mapping[str, Any]) -> list[Told]:
    """What was used; a gate that refused the step says in its details what judging it took."""
    return outcome.get("uses") or (outcome.get("details") or {}).get("uses") or []


def _named(use: Told) -> Told:
    """The use, which has a provider and a model, be they empty."""
    return {"provider": "", "model": "", **use}


def _names(uses: list[Told], of: str) -> str:
    """Each name once, in order of use, with commas."""
    return ", ".join(dict.fromkeys(use[of] for use in uses if use.get(of)))


def asked_attributes(ask: Asked) -> Told:
    """What the span of a step is told when it begins."""
    return {
        "studio.task_id": ask.task_id,
        "studio.seq": ask.seq,
        "studio.kind": ask.kind,
        "studio.step": ask.name,
        "studio.operation": ask.operation,
        "studio.org_id": ask.who.org,
        "studio.use_case": ask.policy.name,
        "studio.policy": policy_of(ask.policy.name, ask.policy.variant),
        "studio.variant": ask.policy.variant,
        "user.id": ask.who.person,
        "session.id": session_of(ask.who.scopes),
    }


def task_attributes(task: Any) -> Told:
    """What the span of a leg is told when it begins."""
    policy = task.policy or {}
    name, variant = policy.get("name") or task.operation, policy.get("variant", "")
    return {
        "studio.task_id": task.id,
        "studio.leg": task.leg,
        "studio.operation": task.operation,
        "studio.org_id": task.org_id,
        "studio.use_case": name,
        "studio.policy": policy_of(name, variant),
        "studio.variant": variant,
        "user.id": task.person_id,
        "session.id": session_of(task.who.get("scopes") or ()),
    }


def settled_attributes(outcome: Mapping[str, Any]) -> Told:
    """What the span of a step is told when it has ended; gen_ai.* as OpenTelemetry names them."""
    spent = outcome.get("spent") or {}
    told: Told = {
        "studio.state": state_of(outcome),
        "studio.cost_nusd": spent.get("nusd", 0),
        "studio.tokens": spent.get("tokens", 0),
    }
    use = total(outcome)
    if use:
        told |= {
            "studio.cached": use["cache_hit"],
            "studio.estimated": use["estimated"],
            "studio.prompt_hash": use.get("prompt_hash") or "",
            "gen_ai.provider.name": use["provider"],
            "gen_ai.request.model": use["model"],
            "gen_ai.usage.input_tokens": use["prompt_tokens"],
            "gen_ai.usage.output_tokens": use["completion_tokens"],
        }
    if use.get("first_token_ms"):
        told["studio.first_token_ms"] = use["first_token_ms"]
    if outcome.get("code"):
        told["error.type"] = outcome["code"]
    return told


def session_of(scopes: Any) -> str:
    """The id of the browser session among the scopes that pay, or nothing."""
    found = (scope.partition(":")[2] for scope in scopes if scope.startswith("session:"))
    return next(found, "")
