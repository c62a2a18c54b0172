"""One attempt at one model: the act of a step. However it ends, what arrived is reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import Invalid, StudioError, Unavailable
from core.kernel import Call
from core.llm import tokens
from core.llm.arrival import Arrival
from core.llm.chain.router import Router
from core.llm.config import ModelSettings
from core.llm.messages import Message, Reply, ToolCall, Usage
from core.llm.pricing import Price
from core.llm.provider import Provider, Request


class Hearing(Protocol):
    """Listens to an answer while it streams, and holds back what it is not sure of yet."""

    def hear(self, piece: str) -> str:
        """What may be shown now. Raises Refused for what must not be shown at all."""
        ...

    def end(self) -> str:
        """The rest."""
        ...

    def close(self) -> None:
        """Nothing more comes, whole or not: what was found is on record."""
        ...


class Guard(Protocol):
    """Makes a hearing for each answer; None where the policy asks for none."""

    def __call__(self, call: Call, messages: Sequence[Message]) -> Hearing | None:
        """Listen to the answer of `call`."""
        ...


@dataclass(frozen=True)
class Attempt:
    """Everything the act needs, decided before it begins."""

    model: str  # "openai/gpt-4o-mini"
    provider: Provider
    request: Request
    price: Price
    held: dict[str, int]
    last: bool  # nobody is asked after this one should it fail
    more: bool = False  # models are left that were not asked yet
    prompt_hash: str = ""
    restarted: str = ""  # the model whose answer viewers saw, and which is void
    fits: Callable[[str], bool] | None = None  # of an answer in one piece: may viewers see it?
    guard: Guard | None = None
    use_case: str = ""
    variant: str = ""

    def __call__(self, config: ModelSettings, router: Router, call: Call) -> Any:
        """The reply as JSON. A failure names the model, why, and whether it was the last."""
        self.provider.warm()  # loading is no model's latency
        began = time.monotonic()
        voice = _Voice(self, call)
        arrival = Arrival(_prompt(self.request), voice.hear)
        router.begin(self.model, last=self.last)
        failed: StudioError | None = None
        try:
            self.provider.answer(config, self.request, arrival, call)
            arrival.end()
            text, calls = arrival.whole_text(), arrival.calls()
            if arrival.finish_reason == "content_filter" and not self.last:
                text, calls = "", []  # half an answer is none while another model may give one
            check_said(self.model, self.request, text, calls, arrival.finish_reason)
            voice.end()
        except StudioError as error:
            failed = error
            router.learn(self.model, error)
            error.details |= {"model": self.model, "last": self.last, "shown": voice.shown}
            error.details |= {"more": self.more}
            error.details |= {"use_case": self.use_case, "variant": self.variant}
            raise
        except BaseException:
            router.release(self.model)
            raise
        finally:
            took_ms = _ms(began, time.monotonic())
            seen = arrival.first_at if self.request.stream else None  # else all came at once
            first_ms = None if seen is None else _ms(began, seen)
            reply = self._reply(arrival, took_ms, first_ms)
            for said in [] if self.provider.counts_by_rule else call.before:
                self._report(call, self._lost(said))
            if arrival.sent:
                self._report(call, reply)
            if failed:
                failed.details |= {"cost_nusd": reply.cost_nusd, "latency_ms": took_ms}
            voice.close()  # last: it writes, and what was spent is told whatever becomes of that
        router.succeed(self.model, took_ms, first_ms)
        left = {
            unit: left + self.held.get(unit, 0) - _spent(reply, unit)
            for unit, left in call.left.items()
        }
        return reply.model_copy(update={"left": left, "text": "".join(voice.said)})

    def _lost(self, said: str) -> Reply:
        """A try that a crash cut off: billed like any other, of which this much is known."""
        usage = Usage(prompt=_prompt(self.request), completion=tokens.count(said))
        cost, provider = self.price.cost(usage), self.model.partition("/")[0]
        return Reply(
            text=said,
            usage=usage,
            cost_nusd=cost.nusd,
            breakdown=cost.breakdown,
            provider=provider,
            model=self.model,
            estimated=True,
        )

    def _reply(self, arrival: Arrival, took_ms: int, first_ms: int | None) -> Reply:
        told = arrival.usage  # no words for what has arrived is no count
        whole = told and arrival.finish_reason and (told.completion or not arrival.begun)
        usage = told if told and whole else arrival.counted()
        cost = self.price.cost(usage) if arrival.sent else self.price.cost(Usage())
        return Reply(
            text=arrival.whole_text(),
            tool_calls=arrival.calls(),
            usage=usage,
            cost_nusd=cost.nusd,
            breakdown=cost.breakdown,
            provider=self.model.partition("/")[0],
            model=self.model,
            finish_reason=arrival.finish_reason or "stop",
            estimated=not whole,
            latency_ms=took_ms,
            first_token_ms=first_ms,
            prompt_hash=self.prompt_hash,
            use_case=self.use_case,
            variant=self.variant,
            more=self.more,
        )

    def _report(self, call: Call, reply: Reply) -> None:
        usage = reply.usage
        call.use(
            provider=reply.provider,
            model=reply.model,
            prompt_tokens=usage.prompt,
            completion_tokens=usage.completion,
            cached_tokens=usage.cached,
            cache_write_tokens=usage.cache_write + usage.cache_write_1h,
            reasoning_tokens=usage.reasoning,
            cost_nusd=reply.cost_nusd,
            breakdown=reply.breakdown,
            estimated=reply.estimated,
            latency_ms=reply.latency_ms,
            first_token_ms=reply.first_token_ms,
            prompt_hash=self.prompt_hash,
            use_case=self.use_case,
            variant=self.variant,
        )


def check_said(
    model: str, request: Request, text: str, calls: Sequence[ToolCall], finish_reason: str
) -> None:
    """Raises where an answer ended and says nothing: another model may have one.

    After the results of tools a model may have nothing to add.
    """
    if text.strip() or calls:
        return
    whose, another, about = f"The model {model!r}", "use another model.", {"model": model}
    if finish_reason == "content_filter":
        hint = f"Rephrase the request, or {another}"
        raise Invalid(f"{whose} refuses this content.", hint=hint, reason="policy", **about)
    if finish_reason == "length":
        sentence = f"{whose} used all {request.tokens_max:,} tokens and said nothing."
        hint = f"Raise tokens_max, or {another}"
        raise Unavailable(sentence, hint=hint, reason="length", **about)
    if request.messages[-1].role == "tool":
        return
    hint = f"Try again, or {another}"
    raise Unavailable(f"{whose} answered nothing.", hint=hint, reason="garbled", **about)


class _Voice:
    """Text on its way to the viewers: judged, and only then shown."""

    def __init__(self, attempt: Attempt, call: Call) -> None:
        guard = attempt.guard
        self._call = call
        self._restarted = attempt.restarted
        self._hearing = guard(call, attempt.request.messages) if guard else None
        self._streams = call.policy.streaming
        self._fits = attempt.fits
        self._kept: list[str] = []
        self.said: list[str] = []  # as it may be shown: keys are masked
        self.shown = False  # viewers have seen some of it

    def hear(self, piece: str) -> None:
        self._show(self._hearing.hear(piece) if self._hearing else piece)

    def end(self) -> None:
        """Everything that was held back is shown."""
        if self._hearing:
            self._show(self._hearing.end())
        whole = "".join(self._kept)
        if whole and (self._fits is None or self._fits(whole)):
            self._call.keep(whole)

    def close(self) -> None:
        """However it ended."""
        if self._hearing:
            self._hearing.close()

    def _show(self, text: str) -> None:
        if not text:
            return
        self.said.append(text)
        self.shown = self.shown or self._streams
        if self._restarted:  # what viewers have seen of the other model's answer is void
            self._call.say("model.restarted", after=self._restarted)
            self._restarted = ""
        if self._streams:
            self._call.keep(text)
        else:
            self._kept.append(text)


def _prompt(request: Request) -> int:
    return tokens.count_prompt(request.messages, request.tools)


def _spent(reply: Reply, unit: str) -> int:
    return reply.cost_nusd if unit == "nusd" else reply.usage.total


def _ms(began: float, ended: float) -> int:
    return round((ended - began) * 1_000)
