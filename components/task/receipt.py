"""What an answer of a model took: tokens, money by kind, time, prompt, policy. Pure but for names.

A receipt is read from either shape it is kept in: a reply, or a line of a step's recorded usage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components import session
from components.words import because, count, ms, named, plain, usd
from core.errors import NotFound
from core.llm.messages import ENDED_EARLY

KINDS = ("prompt", "completion", "cached", "cache_write", "reasoning")
WRITTEN = {"cache_write": "cache_write_1h"}  # told apart on one wire only
SAID = {
    "prompt": "read",
    "completion": "written",
    "cached": "from the provider's cache",
    "cache_write": "into the provider's cache",
    "reasoning": "thought",
}


def receipt(made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values for `facts`, of what is known; values are Markdown."""
    pairs = [
        ("Model", plain(made.get("model", ""))),
        ("Asked before it", plain(asked_before(made.get("attempts") or []))),
        ("Tokens", plain(tokens(made))),
        ("Ended", ENDED_EARLY.get(str(made.get("finish_reason")), "")),
        ("Cost", plain(cost(made))),
        ("First word after", ms(made.get("first_token_ms") or None)),
        ("Whole answer after", "" if is_kept(made) else ms(made.get("latency_ms") or None)),
        ("Policy", plain(policy(made))),
        ("Prompt", plain(prompt(str(made.get("prompt_hash") or "")))),
        ("Left of the tightest limits", plain(left(made.get("budget") or made.get("left") or {}))),
    ]
    return [(name, value) for name, value in pairs if value]


def is_kept(made: Mapping[str, Any]) -> bool:
    """Whether an equal question had been answered before, so that nothing was asked."""
    return bool(made.get("cached") is True or made.get("cache_hit"))


def asked_before(attempts: Sequence[Mapping[str, Any]]) -> str:
    """Models that were asked first and why they did not answer."""
    failed = [one for one in attempts if one.get("reason")]
    return ", ".join(f"{one['model']} ({because(one['reason'])})" for one in failed)


def tokens(made: Mapping[str, Any]) -> str:
    """`18,420 read (4,096 from the provider's cache), 2,310 written`."""
    used = {kind: _tokens(made, kind) for kind in KINDS}
    if not any(used.values()):
        return count(made.get("tokens"), "token")
    inside = {"prompt": ("cached", "cache_write"), "completion": ("reasoning",)}
    parts = []
    for kind, kinds in inside.items():
        of_it = ", ".join(f"{used[one]:,} {SAID[one]}" for one in kinds if used[one])
        parts.append(f"{used[kind]:,} {SAID[kind]}" + (f" ({of_it})" if of_it else ""))
    return ", ".join(parts)


def cost(made: Mapping[str, Any]) -> str:
    """`$0.0492: input $0.0286, output $0.0185`; free answers say why."""
    if is_kept(made):
        return "$0.00, an equal question had been answered before"
    nusd = int(made.get("cost_nusd") or 0)
    kinds = {kind: part for kind, part in (made.get("breakdown") or {}).items() if part}
    split = ", ".join(f"{named(kind).lower()} {usd(part, 4)}" for kind, part in kinds.items())
    said = usd(nusd, 4) if nusd else "$0.00"
    said += f": {split}" if len(kinds) > 1 else ""
    return said + (", estimated: the provider sent no count" if made.get("estimated") else "")


def policy(made: Mapping[str, Any]) -> str:
    """`email generation, arm bold`."""
    name = named(str(made.get("use_case") or ""))
    arm = made.get("variant")
    return f"{name}, arm {arm}" if name and arm else name


def prompt(hash: str) -> str:
    """The template by its name and version; the start of the hash where nobody knows it."""
    return prompt_names().get(hash, hash[:12]) if hash else ""


def prompt_names() -> dict[str, str]:
    """Hash to `insight, Studio 1`, of every template the person may use."""
    prompts, org_id = session.studio().prompts, session.person().org_id
    found: dict[str, str] = {}
    for name in prompts.names(org_id):
        try:
            versions = prompts.versions(org_id, name)
        except NotFound:
            continue
        found |= {version.hash: f"{named(name)}, {version.title}" for version in versions}
    return found


def left(amounts: Mapping[str, int]) -> str:
    """`$1.85, 391,335 tokens`."""
    said = [usd(amounts["nusd"])] if "nusd" in amounts else []
    return ", ".join([*said, *([count(amounts["tokens"], "token")] if "tokens" in amounts else [])])


def _tokens(made: Mapping[str, Any], kind: str) -> int:
    """Of a kind, from either shape."""
    usage = made.get("usage") or {}
    flat = made.get(f"{kind}_tokens")
    return int(flat or usage.get(kind) or 0) + int(usage.get(WRITTEN.get(kind, "")) or 0)
