"""Which model is asked next: by order, price or measured speed, and never one that is cooling.

A circuit breaker for each model: two failures in a row, or one that says so, open it; after its
cooldown one request probes it, and what becomes of that closes it or opens it for twice as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import Cancelled, Invalid, NotFound, StudioError, Unavailable

HANDS_OVER = (Unavailable, Invalid, NotFound)  # errors after which the next model is asked
FAILS_MAX = 2  # in a row
COOLDOWN_S, COOLDOWN_MAX_S = 30.0, 300.0
PROBE_S = 120.0  # a probe that never came back stops blocking the next
SMOOTHING = 0.3  # weight of the newest measurement
STALE_S = 600.0  # a measurement this old says nothing: the model is tried again
# Reasons that open at once: trying again at once cannot help.
AT_ONCE = {"rate_limit", "key", "payment", "unreachable", "unknown"}
# Reasons that lie with the request, not with the model.
BLAMELESS = {"request", "context", "policy", "length", "garbled", "unfit", "cooling"}
State = Literal["closed", "open", "half-open"]


@dataclass
class Health:
    """What is known of one model. Times are monotonic seconds."""

    model: str
    fails: int = 0
    open_until: float = 0.0
    cooldown_s: float = COOLDOWN_S
    probe_at: float | None = None
    probe_by: int = 0  # the thread that asks
    latency_ms: float | None = None  # exponentially weighted averages
    first_token_ms: float | None = None
    measured: int = 0  # times; the first one also paid for imports and connections
    measured_at: float = 0.0
    calls: int = 0
    failures: int = 0
    reason: str = ""  # of the last failure

    def state(self, at: float) -> State:
        """Closed: may be asked. Open: not yet. Half-open: one may ask, to see."""
        if not self.open_until:
            return "closed"
        return "open" if at < self.open_until else "half-open"


@dataclass(frozen=True)
class Standing:
    """One model's health as a page shows it."""

    model: str
    state: State
    latency_ms: int | None
    first_token_ms: int | None
    calls: int
    failures: int
    reason: str
    cooldown_s: int  # until it may be asked again


class Router:
    """The health of every model of one studio, and the order in which a chain is tried."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, Health] = {}

    def order(
        self,
        models: Sequence[str],
        choose: str = "ordered",
        *,
        cost: Callable[[str], int] = lambda _: 0,
        last: Callable[[str], bool] = lambda _: False,
    ) -> list[str]:
        """`models` that may be asked now, the one to ask first at the front.

        "ordered" keeps the order, "cheapest" sorts by `cost`, "fastest" by measured speed, where a
        model without a recent measurement, or with its first alone, comes first, so that it gets
        one. Models that are `last` (the built-in one) stay behind all others whatever they cost.
        """
        at = self._clock()
        with self._lock:
            found = [model for model in dict.fromkeys(models) if self._is_free(model, at)]
            known = [self._of(model) for model in found if self._is_measured(model, at)]
            by_word = all(health.first_token_ms is not None for health in known)
            speed = {health.model: _speed(health, by_word=by_word) for health in known}
        if choose == "cheapest":
            found.sort(key=cost)
        elif choose == "fastest":
            found.sort(key=lambda model: speed.get(model, 0.0))
        return sorted(found, key=last) if choose != "ordered" else found

    def begin(self, model: str, *, last: bool = False) -> None:
        """`model` is being asked from this thread; of a half-open one this is the probe.

        Raises Unavailable where another one came first: both may have been told that it is free.
        """
        at = self._clock()
        with self._lock:
            health = self._of(model)
            if health.state(at) != "half-open":
                return
            if not self._is_free(model, at):
                raise _probed(model, last=last)
            health.probe_at, health.probe_by = at, threading.get_ident()

    def succeed(self, model: str, latency_ms: float, first_token_ms: float | None) -> None:
        """It answered: the breaker closes and its speed is remembered."""
        with self._lock:
            health = self._of(model)
            health.calls += 1
            health.fails, health.open_until, health.probe_at = 0, 0.0, None
            health.cooldown_s, health.reason = COOLDOWN_S, ""
            if health.measured == 1:  # it began cold, which says nothing of the next
                health.latency_ms = health.first_token_ms = None
            health.latency_ms = _mixed(health.latency_ms, latency_ms)
            if first_token_ms is not None:
                health.first_token_ms = _mixed(health.first_token_ms, first_token_ms)
            health.measured += 1
            health.measured_at = self._clock()

    def learn(self, model: str, error: StudioError) -> None:
        """An attempt ended in `error`, which may say nothing: it was cancelled, or refused."""
        if isinstance(error, Cancelled) or error.code == "refused":
            self.release(model)
        else:
            reason = str(error.details.get("reason", ""))
            reason = "unknown" if error.code == "not_found" else reason
            self.fail(model, reason, error.details.get("retry_after_s"))

    def fail(self, model: str, reason: str, retry_after_s: float | None = None) -> None:
        """It did not answer, and why; what the request itself was to blame for does not count."""
        at = self._clock()
        with self._lock:
            health = self._of(model)
            probed = self._end_probe(health)
            health.calls += 1
            if reason in BLAMELESS:
                return
            health.failures += 1
            health.fails += 1
            health.reason = reason
            if probed:
                health.cooldown_s = min(health.cooldown_s * 2, COOLDOWN_MAX_S)
            if probed or health.fails >= FAILS_MAX or reason in AT_ONCE:
                wait = retry_after_s if retry_after_s is not None else health.cooldown_s
                health.open_until = at + min(wait, COOLDOWN_MAX_S)

    def hasten(self, model: str) -> None:
        """The cooldown of `model` is over: the next request finds out whether it is back."""
        at = self._clock()
        with self._lock:
            health = self._of(model)
            health.open_until = min(health.open_until, at)

    def release(self, model: str) -> None:
        """Nobody learned anything: the call was cancelled or refused."""
        with self._lock:
            self._end_probe(self._of(model))

    def cooling(self, models: Sequence[str], **details: Any) -> Unavailable:
        """The error where none of `models` may be asked now. Raised within a step, as all are."""
        wait_s = round(self.wait_s(models)) + 1
        return Unavailable(
            f"No model can be asked at the moment: {', '.join(models)} failed a moment ago.",
            hint=f"Try again in {wait_s} s, or add another model to the chain.",
            model=models[0],
            reason="cooling",
            retry_after_s=wait_s,
            **details,
        )

    def wait_s(self, models: Sequence[str]) -> float:
        """Until the first of `models` may be asked again."""
        at = self._clock()
        with self._lock:
            return min((max(0.0, self._of(m).open_until - at) for m in models), default=0.0)

    def standings(self, models: Sequence[str]) -> list[Standing]:
        """The health of `models`, in their order."""
        at = self._clock()
        with self._lock:
            return [self._standing(self._of(model), at) for model in dict.fromkeys(models)]

    @staticmethod
    def _end_probe(health: Health) -> bool:
        """Whether this thread was the probe; a call that began earlier says nothing about it."""
        probed = health.probe_at is not None and health.probe_by == threading.get_ident()
        health.probe_at = None if probed else health.probe_at
        return probed

    def _is_free(self, model: str, at: float) -> bool:
        health = self._of(model)
        state = health.state(at)
        if state == "half-open" and health.probe_at is not None:
            return at - health.probe_at > PROBE_S
        return state != "open"

    def _is_measured(self, model: str, at: float) -> bool:
        health = self._of(model)
        return health.measured > 1 and at - health.measured_at <= STALE_S

    def _of(self, model: str) -> Health:
        return self._known.setdefault(model, Health(model))

    @staticmethod
    def _standing(health: Health, at: float) -> Standing:
        return Standing(
            health.model,
            health.state(at),
            None if health.latency_ms is None else round(health.latency_ms),
            None if health.first_token_ms is None else round(health.first_token_ms),
            health.calls,
            health.failures,
            health.reason,
            round(max(0.0, health.open_until - at)),
        )


def _probed(model: str, *, last: bool) -> Unavailable:
    return Unavailable(
        f"The model {model!r} failed a moment ago, and another request finds out if it is back.",
        hint="Try again in a moment, or add another model to the chain.",
        model=model,
        reason="cooling",
        retry_after_s=1,
        last=last,
    )


def _speed(health: Health, *, by_word: bool) -> float:
    """To the first word where all have one, which whole answers have not; else to the end."""
    return (health.first_token_ms if by_word else health.latency_ms) or 0.0


def _mixed(before: float | None, newest: float) -> float:
    return newest if before is None else before + SMOOTHING * (newest - before)
