"""The act of a batch: handed over once, waited for, settled with what it truly used."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from core.errors import StudioError, Unavailable
from core.kernel import Call
from core.kernel.calls import loop
from core.llm.batching.door import Door, Finished, Job, Pace, Place, Progress
from core.llm.batching.outcome import Told, told
from core.llm.batching.rows import Rows
from core.llm.chain.attempt import Guard
from core.llm.hosted import failures
from core.llm.pricing import Price
from core.llm.provider import Request
from core.storage.database import now

T = TypeVar("T")
log = logging.getLogger(__name__)
SKEW = timedelta(minutes=10)  # clocks of providers are not ours
FAILED = "batch"  # the reason of an error that says nothing was done
LOOKS = 3  # for a batch that may or may not have been handed over


class _Came(NamedTuple):
    """What was fetched; and how many answers were made, but are nowhere to be found."""

    found: Finished
    lost: int


@dataclass(frozen=True)
class Work:
    """Everything the act needs, decided before it begins."""

    rows: Rows
    door: Door
    place: Place
    price: Price  # within a batch
    requests: Sequence[Request]
    asked: Sequence[Mapping[str, Any]]  # the same in OpenAI's words
    held: Mapping[str, int]
    org_id: str
    pace: Pace
    guard: Guard | None = None
    named: Mapping[str, str] = field(default_factory=dict)  # use_case, variant, prompt_hash

    def __call__(self, call: Call) -> list[dict[str, Any]]:
        """What each request got, as JSON: {"reply": ...} or {"error": ...}, in order."""
        began = time.monotonic()
        model = self.place.model
        bodies = self._bodies()
        is_new, row = self.rows.begin(call.key, model, len(bodies), self.org_id)
        job = Job(call.key, bodies, row.at - SKEW)
        try:
            batch_id = row.batch_id or self._handed_over(call, job, again=not is_new)
            came = self._waited(call, job, batch_id)
        except CancelledError:
            self._stop(call, job)
            raise
        made = self._told(call, came)
        self._report(call, made, took_ms=round((time.monotonic() - began) * 1_000))
        self.rows.ended(call.key)
        return [one.value for one in made]

    def ends(self, call: Call) -> None:
        """What a crash left at the provider is stopped there, and what was done is paid for."""
        if row := self.rows.find(call.key):
            self._stop(call, Job(call.key, self._bodies(), row.at - SKEW))

    # Handing over.

    def _bodies(self) -> list[dict[str, Any]]:
        asked = zip(self.requests, self.asked, strict=True)
        return [self.door.body(request.model, dict(words)) for request, words in asked]

    def _handed_over(self, call: Call, job: Job, *, again: bool) -> str:
        """Its name at the provider, written down. It is handed over at most once."""
        batch_id = call.wait(self._found(job)) if again else ""
        try:
            batch_id = batch_id or call.wait(self.door.submit(self.place, job))
        except StudioError as error:
            if error.details.pop("unsure", False):
                batch_id = call.wait(self._sought(job))
            if not batch_id:
                self.rows.ended(call.key)
                raise
        self.rows.named(call.key, batch_id)
        return batch_id

    async def _find(self, job: Job) -> str:
        others = await asyncio.to_thread(self.rows.others, job.key, job.since)
        return await self.door.find(self.place, job, others)

    async def _found(self, job: Job) -> str:
        """The same of a provider that cannot be asked now: a batch that is there is paid for."""
        wait_s = self.pace.first_s
        while True:
            try:
                return await self._find(job)
            except Unavailable as error:
                if self._left_s(job) <= 0:
                    raise
                log.warning("A batch is sought: %s", error.message)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * self.pace.growth, self.pace.most_s)

    async def _sought(self, job: Job, looks: int = LOOKS) -> str:
        """The name of a batch that may be there: the answer to handing it over was lost."""
        wait_s = self.pace.first_s
        for _ in range(looks):
            await asyncio.sleep(wait_s)
            wait_s *= self.pace.growth
            if batch_id := await self._found(job):
                return batch_id
        return ""

    # Waiting.

    def _waited(self, call: Call, job: Job, batch_id: str) -> _Came:
        """What came of it. What nobody can tell any more is booked as it was held."""
        try:
            return call.wait(self._followed(call, job, batch_id))
        except StudioError as error:
            if error.details.get("reason") != FAILED:
                self._guess(call, error.details.pop("done", None))
                error.details["handed_over"] = True
            self.rows.ended(call.key)
            raise

    async def _followed(self, call: Call, job: Job, batch_id: str) -> _Came:
        try:
            seen = await self._ended(call, batch_id, self._left_s(job))
        except _Late:
            came = await self._halted(job, batch_id)
            if isinstance(came, _Came):
                return came
            error = failures.timed_out(self.place.model)
            error.details["done"] = came.done
            raise error from None
        if seen.failed:
            raise _failed(self.place, seen.failed)
        return await self._results(job, batch_id, seen)

    def _left_s(self, job: Job) -> float:
        until = job.since + SKEW + timedelta(seconds=self.pace.window_s)
        return (until - now()).total_seconds()

    async def _ended(self, call: Call | None, batch_id: str, left_s: float) -> Progress:
        """Its last state. A provider that cannot be asked now is asked later."""
        until, wait_s, seen = time.monotonic() + left_s, self.pace.first_s, None
        while True:
            try:
                last, seen = seen, await self.door.look(self.place, batch_id)
            except Unavailable as error:
                log.warning("A batch cannot be seen: %s", error.message)
            else:
                if call and (last is None or last.done != seen.done):
                    call.say("progress", done=seen.done, of=len(self.requests))
                if seen.ended:
                    return seen
            rest_s = min(wait_s, until - time.monotonic())
            if rest_s <= 0:
                raise _Late(seen)
            await asyncio.sleep(rest_s)
            wait_s = min(wait_s * self.pace.growth, self.pace.most_s)

    async def _results(self, job: Job, batch_id: str, seen: Progress) -> _Came:
        wait_s, found = self.pace.first_s, {}
        for left in range(LOOKS, -1, -1):
            try:
                found = await self.door.results(self.place, job, batch_id)
            except Unavailable:
                if not left:
                    raise
            if len(found) >= seen.done or not left:
                break
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * self.pace.growth, self.pace.most_s)
        return _Came(found, max(0, seen.done - len(found)))

    # Stopping.

    def _stop(self, call: Call, job: Job) -> None:
        """The batch is stopped at the provider, and what was done is paid for."""
        batch_id = self.rows.batch_id(job.key)
        try:
            if not batch_id:
                batch_id = self._aside(self._sought(job, looks=1))
                self.rows.named(job.key, batch_id)
            if not batch_id:
                self.rows.ended(job.key)
                return
            came = self._aside(self._halted(job, batch_id))
        except (StudioError, TimeoutError):
            self._guess(call, None)
            return
        if isinstance(came, _Came):
            self._report(call, self._told(call, came, judged=False), took_ms=0)
            self.rows.ended(job.key)
        else:
            self._guess(call, came.done)

    async def _halted(self, job: Job, batch_id: str) -> _Came | Progress:
        """What was done before it stopped; how far it was where that takes too long."""
        await self.door.cancel(self.place, batch_id)
        try:
            seen = await self._ended(None, batch_id, self.pace.stop_s)
        except _Late as late:
            return late.seen or Progress(ended=False, done=len(self.requests))
        return await self._results(job, batch_id, seen)

    def _aside(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work` though the call was stopped. Raises TimeoutError."""
        future = asyncio.run_coroutine_threadsafe(work, loop())
        try:
            return future.result(self.pace.stop_s + self.place.timeout_s * 2)
        except TimeoutError:
            future.cancel()
            raise

    # Settling.

    def _told(self, call: Call, came: _Came, *, judged: bool = True) -> list[Told]:
        if came.lost:
            self._guess(call, came.lost)
        guard = self.guard if judged else None
        return [
            told(
                call,
                request,
                came.found.get(i),
                self.price,
                self.place,
                guard=guard,
                named=self.named,
            )
            for i, request in enumerate(self.requests)
        ]

    def _report(self, call: Call, made: Sequence[Told], *, took_ms: int) -> None:
        """One usage row: the sum of what each request used, and of what each kind costs."""
        paid = [one for one in made if one.usage]
        total = {
            kind: sum(getattr(one.usage, kind) for one in paid)
            for kind in ("prompt", "completion", "cached", "cache_write", "reasoning")
        }
        total["cache_write"] += sum(one.usage.cache_write_1h for one in paid if one.usage)
        kinds = sorted({kind for one in paid for kind in one.cost.breakdown})
        self._use(
            call,
            nusd=sum(one.cost.nusd for one in paid),
            tokens=total,
            units=len(paid),
            estimated=any(one.estimated for one in paid),
            breakdown={k: sum(one.cost.breakdown.get(k, 0) for one in paid) for k in kinds},
            latency_ms=took_ms,
        )

    def _guess(self, call: Call, done: int | None) -> None:
        """What was used is unknown: the part of the hold that was worked on is booked."""
        done = len(self.requests) if done is None else done
        share = {
            unit: math.ceil(held * done / len(self.requests)) for unit, held in self.held.items()
        }
        tokens = {"prompt": share.get("tokens", 0)}
        self._use(call, nusd=share.get("nusd", 0), tokens=tokens, units=done, estimated=True)

    def _use(
        self, call: Call, *, nusd: int, tokens: Mapping[str, int], units: int, **more: Any
    ) -> None:
        model = self.place.model
        counts = {f"{kind}_tokens": n for kind, n in tokens.items()}
        about = {"unit": "request", "units": units, "batch": True, **self.named}
        provider = model.partition("/")[0]
        call.use(provider=provider, model=model, cost_nusd=nusd, **counts, **about, **more)


class _Late(Exception):
    """The batch did not end in time. `seen` is how far it was."""

    def __init__(self, seen: Progress | None) -> None:
        super().__init__()
        self.seen = seen


def _failed(place: Place, said: str) -> Unavailable:
    """None of the batch was done, and nothing is billed."""
    return Unavailable(
        f"The provider of {place.model!r} did not take the batch:"
        f" {failures.scrub(said, [place.key])}",
        hint="Its requests are asked one by one where a model can be.",
        model=place.model,
        reason=FAILED,
    )
