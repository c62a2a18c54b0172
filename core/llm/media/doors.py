"""What all doors share: a chain of ways, one step each, held before and settled by the unit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from core.errors import StudioError
from core.kernel import Call, Run
from core.llm.chain import approved
from core.llm.chain.router import HANDS_OVER, Router
from core.llm.messages import Attempt
from core.llm.pricing import Tariff


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
    last: bool = False  # after all others, whatever it costs
    held: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "held", self.bill().held)


def walk(
    run: Run,
    router: Router,
    kind: str,
    ways: Sequence[Way],
    *,
    name: str,
    content: Sequence[str],
    asked: Mapping[str, Any] | None = None,
    begun: Callable[[Call], str] = lambda _: "",
) -> dict[str, Any]:
    """What the first way gave, with its receipt. Raises what the last one raised.

    A failed step says which way it was and whether it was the last, so a replay goes the way the
    first run went. An approval binds to the way, to `content`, and to what besides is `asked` for:
    a step that waited for one goes the way that was shown. `begun` names the model that was asked
    before a crash: it is waited for.
    """
    left = {way.model: way for way in ways}
    tried: list[dict[str, Any]] = []
    parts = (*content, json.dumps(asked or {}, sort_keys=True))
    shows = approved.shown("", parts, content, **(asked or {}))
    while True:
        before = approved.recalled(run, kind, name, shows["sha256"])
        way = _way(router, left, run.policy.choose, before)
        shows = {**shows, "model": way.model if way else ""}
        step = _Step(run, router, kind, way, dict(left), begun)
        held = way.held if way else {}
        try:
            made = run.step(kind, name, step, estimate=held, shows=shows, content=content)
        except HANDS_OVER as error:
            model = str(error.details.get("model") or (way.model if way else ""))
            cost_nusd = int(error.details.get("cost_nusd", 0))
            reason = str(error.details.get("reason") or error.code)
            tried.append({"model": model, "reason": reason, "cost_nusd": cost_nusd})
            left.pop(model, None)
            if error.details.get("last", True) or not left:
                raise
        else:
            last = {"model": made["model"], "reason": "", "cost_nusd": made["cost_nusd"]}
            return {**made, "attempts": [*tried, last]}


def _way(
    router: Router, left: Mapping[str, Way], choose: str, before: Mapping[str, Any] | None
) -> Way | None:
    """The way to go; None where all that are left are cooling. `before` is what was shown of it."""
    if before and before["model"] in ("", *left):
        return left.get(before["model"])
    cost = {model: way.held.get("nusd", 0) for model, way in left.items()}
    found = router.order(
        list(left), choose, cost=cost.__getitem__, last=lambda model: left[model].last
    )
    return left[found[0]] if found else None


@dataclass(frozen=True)
class _Step:
    """The act of one attempt. However it ends, what it used is reported."""

    run: Run
    router: Router
    kind: str
    way: Way | None
    left: Mapping[str, Way]
    begun: Callable[[Call], str]

    def __call__(self, call: Call) -> dict[str, Any]:
        begun = self.left.get(self.begun(call))
        way = begun or self.way
        if way is None:
            raise self.router.cooling(list(self.left), last=True)
        bill, began = way.bill(), time.monotonic()
        if not begun:  # nobody is asked anew otherwise, whatever the health of the model is
            self.router.begin(way.model, last=len(self.left) == 1)
        made: Mapping[str, Any] = {}
        failed: StudioError | None = None
        try:
            made = way.act(call, bill)
        except StudioError as error:
            failed = error
            self.router.learn(way.model, error)
            error.details |= {"model": way.model, "last": len(self.left) == 1}
            raise
        except BaseException:
            self.router.release(way.model)
            raise
        finally:
            receipt = self._report(call, way.model, bill, round((time.monotonic() - began) * 1_000))
            if failed:
                failed.details["cost_nusd"] = receipt["cost_nusd"]
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
