"""What one request of a batch comes to: a reply and its cost, or an error that is a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Invalid, Refused, StudioError, Unavailable
from core.kernel import Call
from core.llm import tokens
from core.llm.batching.door import Answer, Place
from core.llm.chain.attempt import Guard, check_said
from core.llm.hosted import failures
from core.llm.messages import Reply, Usage
from core.llm.pricing import Cost, Price
from core.llm.provider import Request

DOWN = {"api_error", "server_error", "overloaded_error", "timeout_error", "internal_error"}
LIMITED = {"rate_limit_error", "rate_limit_exceeded"}


@dataclass(frozen=True)
class Told:
    """One request, settled. Without usage nothing of it is billed."""

    value: dict[str, Any]  # {"reply": ...} or {"error": ...}
    usage: Usage | None = None
    cost: Cost = field(default_factory=lambda: Cost(0))
    estimated: bool = False


def told(
    call: Call,
    request: Request,
    answer: Answer | None,
    price: Price,
    place: Place,
    *,
    guard: Guard | None = None,
    named: Mapping[str, str],
) -> Told:
    """The request with what it got.

    An answer that says nothing or must not be shown is paid for, and an error.
    """
    if answer is None or answer.code:
        return Told({"error": _error(answer, place).as_value()})
    usage = answer.usage or _counted(request, answer)
    cost, estimated = price.cost(usage), answer.usage is None
    try:
        check_said(place.model, request, answer.text, answer.tool_calls, answer.finish_reason)
        text = _judged(call, request, answer.text, guard)
    except (Invalid, Refused, Unavailable) as error:
        return Told({"error": error.as_value()}, usage, cost, estimated)
    reply = Reply(
        text=text,
        tool_calls=list(answer.tool_calls),
        usage=usage,
        cost_nusd=cost.nusd,
        breakdown=cost.breakdown,
        provider=place.model.partition("/")[0],
        model=place.model,
        finish_reason=answer.finish_reason,
        estimated=estimated,
    )
    reply = reply.model_copy(update=dict(named))
    return Told({"reply": reply.model_dump(mode="json")}, usage, cost, estimated)


def _judged(call: Call, request: Request, text: str, guard: Guard | None) -> str:
    hearing = guard(call, request.messages) if guard else None
    return hearing.hear(text) + hearing.end() if hearing else text


def _counted(request: Request, answer: Answer) -> Usage:
    """By the rule: the provider did not say."""
    calls = (f"{call.name} {call.arguments or call.raw}" for call in answer.tool_calls)
    wrote = tokens.count(answer.text) + sum(tokens.count(call) for call in calls)
    return Usage(prompt=tokens.count_prompt(request.messages, request.tools), completion=wrote)


def _error(answer: Answer | None, place: Place) -> StudioError:
    about, code = {"model": place.model}, answer.code if answer else "missing"
    again = "Ask it again; nothing was charged for it."
    if code in ("expired", "cancelled", "missing"):
        what = {
            "expired": "was not reached before the batch expired",
            "cancelled": "was not reached before the batch was stopped",
            "missing": "got no answer within the batch",
        }[code]
        return Unavailable(f"A request {what}.", hint=again, reason=code, **about)
    said = failures.scrub(answer.said if answer else "", [place.key])
    if code in DOWN | LIMITED:
        reason = "rate_limit" if code in LIMITED else "down"
        return Unavailable(
            f"The provider of {place.model!r} failed at a request: {said}",
            hint=again,
            reason=reason,
            **about,
        )
    return Invalid(
        f"The model {place.model!r} does not accept a request: {said}",
        hint="Check the model's abilities, and what it was sent.",
        reason="request",
        **about,
    )
