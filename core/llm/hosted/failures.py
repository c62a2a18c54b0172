"""What went wrong outside, as an error a person can act on. Secrets never pass."""

from __future__ import annotations

import re
from typing import Any

from core.errors import Invalid, NotFound, StudioError, Unavailable

KEYLIKE = re.compile(r"\b(?:sk|pk|key|bearer|token)[-_ ][\w*.-]{6,}", re.IGNORECASE)
SAID_MAX = 300  # characters of a provider's own words
STATUS = {
    401: ("key", "did not accept the key", "Check {setting} in the settings."),
    402: ("payment", "asks for payment", "Check the account with the provider."),
    403: ("key", "does not allow this key to use the model", "Check the rights of {setting}."),
    408: ("timeout", "took too long", "Try again later or use another model."),
    429: ("rate_limit", "is limiting requests", "Wait a little or use another model."),
}


def of_status(error: Any, model: str, setting: str, secrets: list[str]) -> StudioError:
    """The error for an answer with a status that is no success; nothing was billed."""
    status, said = int(error.status_code), scrub(str(getattr(error, "message", error)), secrets)
    details = {"model": model, "status": status}
    if status in STATUS:
        reason, what, hint = STATUS[status]
        hint = hint.format(setting=setting)
        return Unavailable(
            f"The provider of {model!r} {what}.", hint=hint, reason=reason, **details
        )
    if status == 404:
        hint = "Check the model's name and the base URL."
        return NotFound(f"The provider does not know {model!r}.", hint=hint, **details)
    if status < 500:
        reason, what, hint = _refusal(type(error).__name__, said)
        return Invalid(f"The model {model!r} {what}: {said}", hint=hint, reason=reason, **details)
    hint = "Try again later or use another model."
    return Unavailable(f"The provider of {model!r} failed.", hint=hint, reason="down", **details)


def unreachable(model: str) -> Unavailable:
    """Nobody answered at the address; nothing was sent."""
    hint = "Check the network and the base URL, or use another model."
    return Unavailable(
        f"The provider of {model!r} cannot be reached.",
        hint=hint,
        model=model,
        reason="unreachable",
    )


def timed_out(model: str) -> Unavailable:
    """The request left, but words did not arrive in time."""
    hint = "Try again later, use another model, or raise the timeout."
    return Unavailable(
        f"The model {model!r} did not answer in time.", hint=hint, model=model, reason="timeout"
    )


def cut(model: str) -> Unavailable:
    """The answer ended before it was complete."""
    hint = "Try again; what had arrived is paid for."
    return Unavailable(f"The answer of {model!r} broke off.", hint=hint, model=model, reason="cut")


def scrub(text: str, secrets: list[str]) -> str:
    """`text` without secrets or anything that looks like a key, short enough to show."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    text = KEYLIKE.sub("[secret]", " ".join(text.split()))
    return text if len(text) <= SAID_MAX else text[: SAID_MAX - 1] + "…"


def _refusal(kind: str, said: str) -> tuple[str, str, str]:
    if kind == "ContextWindowExceededError" or "context length" in said.lower():
        return "context", "was given more than it can read", "Send less, or use a larger model."
    if kind == "ContentPolicyViolationError" or "content_policy" in said.lower():
        return "policy", "refuses this content", "Rephrase the request."
    return "request", "does not accept the request", "Check the model's abilities and its settings."
