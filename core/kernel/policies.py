"""How a use case may behave: one class, declared by operations, overridden by configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.kernel.records import TASK

STUDIO = "studio"  # in a chain: the models of STUDIO_MODELS
TOKENS_MOST = 10_000_000  # of one completion; more than any model writes
AMOUNT_MOST = 2**53  # what a day or a task may take: whole numbers that every part keeps exactly
AGE_MOST_S = 100 * 366 * 86_400


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MemoryPolicy(_Part):
    """What is remembered between tasks of the use case."""

    type: str = ""  # "conversation", "lead", ...; empty: nothing is
    ttl_s: int | None = Field(
        default=None, ge=1, le=AGE_MOST_S, description="Seconds; null keeps it for good"
    )
    compress: bool = False


class RetrievalPolicy(_Part):
    """Which stored knowledge is searched before an answer."""

    collections: tuple[str, ...] = ()  # empty: none is
    threshold: float = Field(default=0.0, ge=0, le=1, description="Least similarity")
    hybrid: bool = True


class Policy(_Part):
    """How a use case may behave. Defaults are the careful ones."""

    name: str = ""  # of the use case in policies.yaml; empty: the operation's own
    variant: str = ""  # of a split; the share of traffic this task belongs to
    # Which model, and how it is asked.
    models: tuple[str, ...] = ()  # a chain; empty, or its word STUDIO
    choose: Literal["ordered", "cheapest", "fastest"] = "ordered"
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    tokens_max: int = Field(default=1_000, ge=1, le=TOKENS_MOST, description="Of one completion")
    streaming: bool = True
    structured: bool = False  # answers are JSON that fits a schema
    prompt: str = ""  # a template of the registry
    # What surrounds the model.
    memory: MemoryPolicy = MemoryPolicy()
    retrieval: RetrievalPolicy = RetrievalPolicy()
    tools: tuple[str, ...] | None = None  # None: all the operation offers; (): none
    iterations_max: int | None = Field(default=None, ge=1, le=1_000)
    moderation: Literal["off", "local", "full"] = "full"  # full: the provider's too, when keyed
    # What it may cost.
    budget_nusd: int | None = Field(default=None, ge=0, le=AMOUNT_MOST, description="Of one task")
    request_nusd: int | None = Field(default=None, ge=0, le=AMOUNT_MOST, description="Of one step")
    daily_nusd: int | None = Field(
        default=None, ge=0, le=AMOUNT_MOST, description="Of a person and day (UTC)"
    )
    daily_tokens: int | None = Field(
        default=None, ge=0, le=AMOUNT_MOST, description="Of a person and day (UTC)"
    )
    cache_ttl_s: int = Field(
        default=0, ge=0, le=AGE_MOST_S, description="Equal questions share an answer"
    )
    batch: bool = False  # half the price, hours later, where the provider offers it
    # Who may, and where. Only code declares these; configuration cannot loosen them.
    queue: str = "interactive"
    permission: str = "work"  # what its person must be allowed to do
    flag: str = ""  # a feature flag that must be on
    approve: tuple[str, ...] = ()  # kinds of steps a person must approve

    @field_validator("models")
    @classmethod
    def _named(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        if any(not model.strip() for model in models):
            raise ValueError("a model's name is empty")
        return models

    def changed(self, **changes: Any) -> Policy:
        """The same policy with `changes`, checked. Raises pydantic's ValidationError."""
        return Policy.model_validate({**self.model_dump(), **changes})


BESIDE = "beside"  # in a task's stored policy: those of other use cases that it works under as well


def own(stored: Mapping[str, Any] | None) -> Policy | None:
    """The policy a task was begun under; None where none was stored."""
    told = {name: value for name, value in (stored or {}).items() if name != BESIDE}
    return Policy.model_validate(told) if told else None


def beside(stored: Mapping[str, Any] | None) -> dict[str, Policy]:
    """The policies a task keeps for the other use cases it works under, by name."""
    kept = (stored or {}).get(BESIDE, {})
    return {name: Policy.model_validate(policy) for name, policy in kept.items()}


def keep(db: sa.Connection, task_id: str, policy: Policy) -> Policy:
    """The policy the task keeps for this use case: the first that was ever kept."""
    task = TASK.c.id == task_id
    stored = db.execute(sa.select(TASK.c.policy).where(task).with_for_update()).scalar_one()
    kept = beside(stored)
    if policy.name not in kept:
        kept[policy.name] = policy
        named = {name: one.model_dump(mode="json") for name, one in kept.items()}
        changed = {**(stored or {}), BESIDE: named}
        db.execute(sa.update(TASK).where(task).values(policy=changed))
    return kept[policy.name]


# (operation or use case, its declared policy, organisation, person) -> the policy that holds.
Policies = Callable[[str, Policy, str, str], Policy]


def declared(name: str, policy: Policy, _org_id: str, _person_id: str) -> Policy:
    """What the code declares, for kernels that are told no better."""
    return policy if policy.name else policy.model_copy(update={"name": name})
