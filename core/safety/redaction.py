"""Personal data leaves a mark of its kind: logs, traces, audit and events pass through here.

A person's own files and results never do. Plain amounts are left alone: a phone number has to look
like one, a card number has to pass Luhn's check.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

EMAIL = re.compile(r"\b[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")
SSN = re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}\b")
CARD = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){12,18}(?![\w]|[.,]\d)")
PHONE = re.compile(
    r"(?<![\w.,:-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4})(?![\w-])"
)
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:.])")
SECRET = re.compile(
    r"\b(?:(?:sk|pk|rk|key|gh[opsu]|github_pat|glpat|hf|xox[abprs])[-_][A-Za-z0-9_-]{16,}"
    r"|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[\w-]{35}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})(?![\w-])"
)


def _is_card(text: str) -> bool:
    digits = [int(ch) for ch in text if ch.isdigit()]
    doubled = (d * 2 - 9 * (d > 4) for d in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not found.is_loopback and not found.is_unspecified


RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("secret", SECRET, lambda _: True),
    ("e-mail", EMAIL, lambda _: True),
    ("card", CARD, _is_card),
    ("ssn", SSN, lambda _: True),
    ("ip", IPV4, _is_address),
    ("ip", IPV6, _is_address),
    ("phone", PHONE, lambda _: True),
)
LIKELY = re.compile(
    r"@|\d[\d .()-]{6}|::|[0-9a-fA-F]:[0-9a-fA-F]|[-_][A-Za-z0-9]{8}|AKIA|ASIA|AIza|eyJ"
)


def redact_text(text: str) -> str:
    """`text` with e-mail, phone, SSN, card, IP addresses and keys replaced by their kind."""
    if not LIKELY.search(text):
        return text
    for kind, pattern, holds in RULES:
        text = pattern.sub(lambda m, k=kind, h=holds: f"[{k}]" if h(m.group()) else m.group(), text)
    return text


def redact(data: Any) -> Any:
    """JSON of the same shape, every text in it redacted. Keys and numbers are left alone."""
    if isinstance(data, str):
        return redact_text(data)
    if isinstance(data, dict):
        return {key: redact(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [redact(value) for value in data]
    return data
