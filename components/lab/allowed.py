"""What a run may use at most: what its policy allows, and what is left above the person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from components import session
from components.govern.money import remaining, whose
from components.words import usd
from core.kernel.operation import OPERATIONS
from core.kernel.policies import Policy
from core.settings import nusd
from core.tools.tool import TOOLS, discover

OPERATION = "insight.ask"
CENT_NUSD = 10_000_000
ITERATIONS_MAX = 100  # of a question, whatever the policy says


class Allowed(NamedTuple):
    """The most of everything; money in nano-dollars, whole cents, None without any limit."""

    nusd: int | None
    why: str  # which limit that is, as a sentence
    iterations: int
    tools: list[str]


def allowed() -> Allowed:
    """What the signed-in person may give a run that begins now."""
    studio, person = session.studio(), session.person()
    declared = OPERATIONS[OPERATION].policy
    policy = studio.policies.resolve(OPERATION, declared, person.org_id, person.id)
    discover()
    least, why = min(_money(studio, person, policy), default=(None, ""))
    whole = None if least is None else max(0, least) // CENT_NUSD * CENT_NUSD
    return Allowed(
        whole,
        why and f"At most {usd(whole)}, {why}.",
        min(policy.iterations_max or ITERATIONS_MAX, ITERATIONS_MAX),
        [name for name in TOOLS if policy.tools is None or name in policy.tools],
    )


def _money(studio: Any, person: Any, policy: Policy) -> Iterator[tuple[int, str]]:
    """Every limit that stands above a run: what it leaves, and its name."""
    most = policy.budget_nusd
    if "ask_budget_usd" in studio.settings.model_fields_set:  # stands above the policy
        most = nusd(studio.settings.ask_budget_usd)
    if most is not None:
        yield most, "what the policy allows a run"
    own = f"use:{person.id}:{policy.name}"  # in the ledger from the first run on
    taken = 0
    for limit in remaining(own):
        if limit.unit != "nusd" or limit.period == "request":  # that one is of a single step
            continue
        if limit.scope == own:
            taken = limit.held + limit.spent
        else:
            yield limit.left, f"what is left of the limit “{whose(limit)}”"
    if policy.daily_nusd is not None:
        yield policy.daily_nusd - taken, "what is left of your day's limit on questions"
