"""What all doors share: a chain of ways, one step each, held before and settled by the unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from core.errors import Cancelled, Invalid, NotFound, StudioError, Unavailable
from core.kernel import Call, Run
from core.llm.chain.router import Router
from core.llm.messages import Attempt
from core.llm.pricing import Tariff

HANDS_OVER = (Unavailable, Invalid, NotFound)


class Receipt(BaseModel):
    """What something cost, and who made it."""

    provider: str = ""
    model: str = ""
    units: int = 0
    unit: str = ""
    cost_nusd: int = 0
    breakdown: dict[str, int] = Field(default_factory=dict)
    estimated: bool = False  # the provider did not say how much it was
    latency_ms: int = 0
    attempts: list[Attempt] = Field(default_factory=list)


class File(BaseModel):
    """Bytes that were made, kept under their SHA-256."""

    hash: str
    size_bytes: int
    media_type: str


class Media(Receipt):
    """Files that a model made."""

    files: list[File] = Field(default_factory=list)
    note: str = ""  # what the model made of the prompt, where it says so


@dataclass
class Bill:
    """What one attempt used. The act sets `sent` once it may cost something.

    `amounts` are an upper bound until the provider says what it was.
    """

    tariff: Tariff
    amounts: dict[str, int | Decimal]
    units: int = 0
    unit: str = ""
    tokens: int = 0
    sent: bool = False
    begun: bool = False  # a part of the answer had arrived; doors take it whole or not at all
    exact: bool = False

    def settle(self, **amounts: int | Decimal) -> None:
        """It was exactly this much; what cannot be true leaves the upper bound as it is."""
        if all(Decimal(amount).is_finite() and amount >= 0 for amount in amounts.values()):
            self.amounts, self.exact = dict(amounts), True

    @property
    def held(self) -> dict[str, int]:
        """The most it can be, as a hold."""
        held = {"nusd": self.tariff.cost(self.amounts).nusd}
        return {**held, "tokens": self.tokens} if self.tokens else held


@dataclass(frozen=True)
class Way:
    """One way to get it: a model, the most it may cost, and the act."""

    model: str  # "openai/gpt-image-2"
    bill: Callable[[], Bill]
    act: Callable[[Call, Bill], Mapping[str, Any]]
    held: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "held", self.bill().held)


def walk(
    run: Run, router: Router, kind: str, ways: Sequence[Way], *, name: str, content: Sequence[str]
) -> dict[str, Any]:
    """What the first way gave, with its receipt. Raises what the last one raised.

    A failed step says which way it was and whether it was the last, so a replay goes the way the
    first run went.
    """
    left = {way.model: way for way in ways}
    tried: list[dict[str, str]] = []
    while True:
        found = router.order(
            list(left), run.policy.choose, cost=lambda model: left[model].held.get("nusd", 0)
        )
        way = left[found[0]] if found else None
        step = _Step(run, router, kind, way, list(left))
        held = way.held if way else {}
        try:
            made = run.step(kind, name, step, estimate=held, content=content)
        except HANDS_OVER as error:
            model = str(error.details.get("model") or (way.model if way else ""))
            tried.append({"model": model, "reason": str(error.details.get("reason", error.code))})
            left.pop(model, None)
            if error.details.get("last", True) or not left:
                raise
        else:
            return {**made, "attempts": [*tried, {"model": made["model"], "reason": ""}]}


@dataclass(frozen=True)
class _Step:
    """The act of one attempt. However it ends, what it used is reported."""

    run: Run
    router: Router
    kind: str
    way: Way | None
    left: list[str]

    def __call__(self, call: Call) -> dict[str, Any]:
        way = self.way
        if way is None:
            raise self._cooling()
        bill, began = way.bill(), time.monotonic()
        self.router.begin(way.model, last=len(self.left) == 1)
        made: Mapping[str, Any] = {}
        try:
            made = way.act(call, bill)
        except StudioError as error:
            self._learn(way.model, error)
            error.details |= {"model": way.model, "last": len(self.left) == 1}
            raise
        except BaseException:
            self.router.release(way.model)
            raise
        finally:
            receipt = self._report(call, way.model, bill, round((time.monotonic() - began) * 1_000))
        self.router.succeed(way.model, receipt["latency_ms"], None)
        return {**made, **receipt}

    def _report(self, call: Call, model: str, bill: Bill, latency_ms: int) -> dict[str, Any]:
        cost = bill.tariff.cost(bill.amounts if bill.sent else {})
        about: dict[str, Any] = {
            "provider": model.partition("/")[0],
            "model": model,
            "cost_nusd": cost.nusd,
            "breakdown": cost.breakdown,
            "units": bill.units,
            "unit": bill.unit,
            "estimated": not bill.exact,
            "latency_ms": latency_ms,
        }
        if bill.sent:
            policy = self.run.policy
            named: dict[str, Any] = {"use_case": policy.name, "variant": policy.variant}
            if bill.tokens:
                named["prompt_tokens"] = bill.tokens
            call.use(**about, kind=self.kind, **named)
        return about

    def _learn(self, model: str, error: StudioError) -> None:
        if isinstance(error, Cancelled) or error.code == "refused":
            self.router.release(model)
        else:
            reason = "unknown" if error.code == "not_found" else str(error.details.get("reason"))
            self.router.fail(model, reason, error.details.get("retry_after_s"))

    def _cooling(self) -> Unavailable:
        wait_s = round(self.router.wait_s(self.left)) + 1
        return Unavailable(
            f"Nobody can be asked at the moment: {', '.join(self.left)} failed a moment ago.",
            hint=f"Try again in {wait_s} s.",
            model=self.left[0],
            reason="cooling",
            retry_after_s=wait_s,
            last=True,
        )
