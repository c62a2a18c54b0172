"""What a gate is asked, what it answers, and what the ledger promises the kernel."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from pydantic import BaseModel

from core.kernel.policies import Policy

OF_ORG = ("project",)  # kinds of scopes that people name: two organisations may choose one name
Amounts = dict[str, int]  # unit -> quantity, e.g. {"nusd": 1_200, "tokens": 900}


class Who(BaseModel):
    """For whom a task runs, and every scope above it that pays."""

    org: str
    person: str
    scopes: tuple[str, ...] = ()  # more of them: "team:growth", "project:p1", "session:s1"

    def paying(self) -> list[str]:
        """All scopes, e.g. ["org:acme", "person:ana", "team:growth", "project:acme:p1"]."""
        more = (within(self.org, scope) for scope in self.scopes)
        return [f"org:{self.org}", f"person:{self.person}", *more]


def within(org_id: str, scope: str) -> str:
    """The scope as no other organisation has it: "project:p1" of acme is "project:acme:p1"."""
    kind, _, name = scope.partition(":")
    own = kind in OF_ORG and org_id and name != "*" and not name.startswith(f"{org_id}:")
    return f"{kind}:{org_id}:{name}" if own else scope


@dataclass(frozen=True)
class Ask:
    """The step that wants to run."""

    task_id: str
    seq: int
    kind: str
    name: str
    who: Who
    estimate: Amounts
    operation: str = ""
    shows: dict[str, Any] = field(default_factory=dict)  # what an approver is shown
    policy: Policy = field(default_factory=Policy)
    content: tuple[str, ...] = ()  # texts that are about to leave; read by gates, never stored

    @property
    def key(self) -> str:
        """The idempotency key of the step."""
        return f"{self.task_id}:{self.seq}"

    @property
    def digest(self) -> str:
        """SHA-256 of exactly what is asked: an approval binds to it and to nothing else."""
        asked = [self.kind, self.name, self.estimate, self.shows]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """A gate's answer. For `wait`, message is the question a person will read."""

    gate: str
    answer: Literal["allow", "refuse", "wait"] = "allow"
    code: str = "refused"
    message: str = ""
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def as_value(self) -> dict[str, Any]:
        """JSON of a refusal, the same shape as an error's."""
        kept = ("code", "message", "hint", "details")
        return {name: value for name, value in asdict(self).items() if name in kept}


class Gate(Protocol):
    """May refuse a step or make it wait. Asked outside any transaction, so it may do I/O."""

    def ask(self, ask: Ask) -> Verdict:
        """Allow, refuse or wait."""
        ...


class Door(Protocol):
    """Asked once, before a task exists. May do I/O."""

    def enter(self, operation: str, who: Who, policy: Policy) -> Verdict:
        """Allow or refuse; `details` of a refusal may hold `retry_after_s`."""
        ...


class Ledger(Protocol):
    """The last gate: it holds money inside the admit transaction and settles inside settle."""

    def left(self, who: Who) -> Amounts:
        """What the tightest limits above `who` leave now, by unit."""
        ...

    def per_request(self, who: Who) -> Amounts:
        """The most that one step of `who` may hold, by unit."""
        ...

    def hold(self, db: sa.Connection, ask: Ask) -> Verdict:
        """Hold the estimate on every scope, or on none and say which limit.

        `details["left"]` of an allowance: unit -> what the tightest limit leaves after the hold.
        """
        ...

    def hold_again(self, db: sa.Connection, ask: Ask) -> Verdict:
        """The same before a step is repeated: what is still held and covers it stays as it is.

        After a refusal nothing is held: roll back, and what was held still is.
        """
        ...

    def settle(self, db: sa.Connection, ask: Ask, spent: Amounts) -> Amounts:
        """Turn the step's hold into what was spent, even when it is more; returns the excess."""
        ...

    def void(self, db: sa.Connection, key: str) -> None:
        """Free the hold of an act that provably did not happen."""
        ...

    def use(self, db: sa.Connection, ask: Ask, uses: list[dict[str, Any]]) -> None:
        """Write the usage rows the act reported."""
        ...

    def set_limit(
        self,
        db: sa.Connection,
        scope: str,
        unit: str,
        period: str,
        max: int | None,
        *,
        org_id: str = "",
    ) -> None:
        """At most `max` of `unit` per `period` for `scope`; None: no limit of its own."""
        ...

    def renew(self, keys: list[str]) -> None:
        """The holds of acts that run here are alive."""
        ...

    def expire(self) -> list[str]:
        """Free the holds whose owner is dead; returns their keys."""
        ...
