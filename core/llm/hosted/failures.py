"""What went wrong outside, as an error a person can act on. Secrets never pass."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from core.errors import Invalid, NotFound, StudioError, Unavailable
from core.storage.database import now

KEYLIKE = re.compile(  # never an ordinary word: "key response_format", "bearer of news"
    r"\b(?:sk|pk|rk)[-_][\w*.-]{6,}|\bbearer\s+(?=\S*\d)\S{8,}"
    r"|\b(?:gsk_|hf_|xai-|tvly-|AIza)(?=\S*\d)[\w*.-]{8,}",
    re.IGNORECASE,
)
SAID_MAX = 300  # characters of a provider's own words
WAIT_MAX_S = 86_400.0
WRAPPING = re.compile(r"^(litellm\.)?(\w+(Error|Exception)\b:?\s*-?\s*(litellm\.)?)+")
CONTEXT = re.compile(  # as OpenAI, Anthropic, Mistral and llama.cpp's servers say it
    r"context.{0,3}(length|limit|window|size)|prompt is too long|too large for model"
    r"|maximum context|exceeds the maximum size|request_too_large|too many tokens",
    re.IGNORECASE,
)
POLICY = re.compile(
    r"content[ _-]?(policy|filter|management)|usage polic|safety system|moderation",
    re.IGNORECASE,
)
PAYMENT = re.compile(
    r"insufficient_quota|exceeded your current quota|credit balance|billing hard limit",
    re.IGNORECASE,
)
STATUS = {  # -> reason, what the service does, the way out of it
    401: ("key", "did not accept the key", "Check {setting} in the settings."),
    402: ("payment", "asks for payment", "Check the account there."),
    403: ("key", "does not allow this key to do so", "Check the rights of {setting}."),
    408: ("timeout", "took too long", "Try again later or use another one."),
    429: ("rate_limit", "is limiting requests", "Wait a little or use another one."),
}


def of_status(
    error: Any, model: str, setting: str, secrets: list[str], *, status: int | None = None
) -> StudioError:
    """The error for an answer with a status that is no success; nothing was billed.

    Its details have the `reason`, and `retry_after_s` where the provider says how long to wait.
    `status` is the one on the wire, where it is known better than `error` knows it.
    """
    status = status or int(error.status_code)
    said = scrub(words(str(getattr(error, "message", error))), secrets)
    details: dict[str, Any] = {"model": model, "status": status}
    if PAYMENT.search(said):
        status = 402
    if status in STATUS:
        reason, what, hint = STATUS[status]
        wait = retry_after_s(_headers(error))
        if wait is not None:
            details["retry_after_s"] = wait
        hint = hint.format(setting=setting)
        return Unavailable(
            f"The provider of {model!r} {what}.", hint=hint, reason=reason, **details
        )
    if status == 404:
        hint = "Check the model's name and the base URL."
        sentence = f"The provider does not know {model!r}."
        return NotFound(sentence, hint=hint, reason="unknown", **details)
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


def unreadable(model: str) -> Unavailable:
    """An answer came, and is nothing that an answer is; it may be billed."""
    hint = "Check the base URL, or use another model."
    sentence = f"The answer of {model!r} cannot be read."
    return Unavailable(sentence, hint=hint, model=model, reason="unreadable")


def causes_of(error: BaseException | None) -> list[BaseException]:
    """The error and everything behind it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def status_of(causes: list[BaseException]) -> int | None:
    """The HTTP status the provider answered with, as its own client saw it."""
    import httpx
    import openai

    for cause in reversed(causes):  # the first one knows; what wraps it may guess
        if isinstance(cause, openai.APIStatusError | httpx.HTTPStatusError):
            return int(cause.response.status_code)
        if isinstance(cause, openai.APIError) and not isinstance(cause, openai.APIConnectionError):
            status = getattr(cause, "status_code", None)
            if isinstance(status, int) and status >= 400:
                return status
    return None


def is_unreadable(error: BaseException) -> bool:
    """It answered, and its answer broke the reader; LiteLLM takes that for a failing server."""
    import httpx

    causes = causes_of(error)
    status = status_of(causes) or 0
    outside = httpx.HTTPStatusError | httpx.TransportError
    if 400 <= status < 500 or any(isinstance(cause, outside) for cause in causes):
        return False
    broke = (ValueError, TypeError, AttributeError, LookupError)
    return status >= 500 or any(isinstance(cause, broke) for cause in causes)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long to wait as the provider says, in seconds, milliseconds or a date; else None."""
    found = {name.lower(): value for name, value in headers.items()}
    try:
        if "retry-after-ms" in found:
            return _bounded(float(found["retry-after-ms"]) / 1_000)
        if "retry-after" in found:
            return _bounded(float(found["retry-after"]))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(found["retry-after"])
        return _bounded((until - now()).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def words(said: str) -> str:
    """The provider's own sentence out of the wrapping that it arrives in."""
    first, last = said.find("{"), said.rfind("}")
    if first < 0 or last < first:
        return WRAPPING.sub("", said)
    try:
        body = json.loads(said[first : last + 1])
    except (ValueError, RecursionError):
        return WRAPPING.sub("", said)
    error = body.get("error") or body
    inner = error.get("message") if isinstance(error, dict) else error
    told = inner or body.get("message") or body.get("detail") or body
    return told if isinstance(told, str) else json.dumps(told)


def scrub(text: str, secrets: list[str]) -> str:
    """`text` without secrets or anything that looks like a key, short enough to show."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    text = KEYLIKE.sub("[secret]", " ".join(text.split()))
    return text if len(text) <= SAID_MAX else text[: SAID_MAX - 1] + "…"


def _headers(error: Any) -> Mapping[str, str]:
    """What the answer's head said: as LiteLLM keeps it, or as the SDKs do."""
    kept = getattr(error, "litellm_response_headers", None)
    return kept or getattr(getattr(error, "response", None), "headers", None) or {}


def _bounded(wait_s: float) -> float:
    return min(wait_s, WAIT_MAX_S) if wait_s > 0 else 0.0


def _refusal(kind: str, said: str) -> tuple[str, str, str]:
    if kind == "ContextWindowExceededError" or CONTEXT.search(said):
        return "context", "was given more than it can read", "Send less, or use a larger model."
    if kind == "ContentPolicyViolationError" or POLICY.search(said):
        return "policy", "refuses this content", "Rephrase the request."
    return "request", "does not accept the request", "Check the model's abilities and its settings."
