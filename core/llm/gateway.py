"""`complete` walks a chain of models; every attempt is one step with its own hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import Invalid, NotFound, StudioError, Unavailable
from core.kernel import Call, Run
from core.llm import tokens
from core.llm.arrival import Arrival
from core.llm.config import ModelSettings
from core.llm.messages import Message, Reply, ToolSpec, Usage
from core.llm.pricing import Price, from_settings, unpriced
from core.llm.provider import Provider, Request, discover

TOKENS_MAX = 1_000


class Gateway:
    """The models of one studio. Raises Invalid at once when its own chain cannot be used."""

    def __init__(self, config: ModelSettings | None = None) -> None:
        self.config = config or ModelSettings()
        self._providers = discover()
        self.check(self.config.models)

    def check(self, models: Sequence[str]) -> None:
        """Every model of the chain is known and priced, and at least one has its key.

        Raises NotFound, Invalid or Unavailable with the way out.
        """
        if not models:
            raise Invalid("No model is named.", hint='Name at least one, for instance "offline".')
        for model in models:
            self.price(model)
        self.usable(models)

    def usable(self, models: Sequence[str]) -> list[str]:
        """The models whose provider is configured, in order. Raises Unavailable when none is."""
        absent = {model: self._provider(model)[0].missing(self.config) for model in models}
        present = [model for model in models if not absent[model]]
        if present or not models:
            return present
        setting = absent[models[0]]
        raise Unavailable(
            f"The model {models[0]!r} is not configured: {setting} is not set.",
            hint=f"Set {setting}, or use another model: the offline one needs no key.",
            model=models[0],
            reason="absent",
        )

    def price(self, model: str) -> Price:
        """What `model` costs. Raises Invalid when nobody knows, NotFound for no such provider."""
        if model in self.config.prices:
            return from_settings(self.config.prices[model])
        provider, name = self._provider(model)
        price = provider.price(name)
        if price is None:
            raise unpriced(model)
        return price

    def estimate(
        self,
        model: str,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec] = (),
        tokens_max: int = TOKENS_MAX,
    ) -> dict[str, int]:
        """An upper bound of one attempt: {"nusd": ..., "tokens": ...}."""
        prompt = tokens.count_prompt(messages, tools)
        reserve = self.price(model).reserve_nusd(prompt, tokens_max)
        exact = self._provider(model)[0].counts_by_rule
        return {"nusd": reserve, "tokens": (prompt if exact else tokens.bound(prompt)) + tokens_max}

    def complete(
        self,
        run: Run,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        models: Sequence[str] = (),
        tokens_max: int = TOKENS_MAX,
        temperature: float = 0.0,
        name: str = "complete",
    ) -> Reply:
        """The answer of the first model of the chain that gives one; text streams to viewers.

        One kernel step of kind "model" per attempt. A model that is down, cut off or refuses this
        request hands over to the next; a budget that is spent, a gate's no and a cancel do not.
        """
        chain = self.usable(models or self.config.models)
        for place, model in enumerate(chain, start=1):
            provider, short = self._provider(model)
            request = Request(short, messages, tools, tokens_max, temperature)
            try:
                made = run.step(
                    "model",
                    name,
                    lambda call, m=model, p=provider, r=request: self._attempt(call, m, p, r),
                    estimate=self.estimate(model, messages, tools, tokens_max),
                )
            except (Unavailable, Invalid, NotFound):
                if place == len(chain):
                    raise
            else:
                return Reply.model_validate(made)
        raise Invalid("No model is named.", hint='Name at least one, for instance "offline".')

    def _attempt(self, call: Call, model: str, provider: Provider, request: Request) -> Any:
        """The act: stream an answer, then report one usage row, however it ended."""
        arrival = Arrival(tokens.count_prompt(request.messages, request.tools), call.keep)
        try:
            provider.answer(self.config, request, arrival, call)
        finally:
            whole = arrival.usage is not None and bool(arrival.finish_reason)
            usage = arrival.usage if whole and arrival.usage else arrival.counted()
            cost = self._report(call, model, usage, estimated=not whole) if arrival.sent else 0
        return Reply(
            text=arrival.whole_text(),
            tool_calls=_calls(arrival, model),
            usage=usage,
            cost_nusd=cost,
            provider=_split(model)[0],
            model=model,
            finish_reason=arrival.finish_reason or "stop",
            estimated=not whole,
        )

    def _report(self, call: Call, model: str, usage: Usage, *, estimated: bool) -> int:
        cost = self.price(model).cost_nusd(usage)
        call.use(
            provider=_split(model)[0],
            model=model,
            prompt_tokens=usage.prompt,
            completion_tokens=usage.completion,
            cached_tokens=usage.cached,
            cache_write_tokens=usage.cache_write,
            reasoning_tokens=usage.reasoning,
            cost_nusd=cost,
            estimated=estimated,
        )
        return cost

    def _provider(self, model: str) -> tuple[Provider, str]:
        provider, name = _split(model)
        return self._providers[provider], name


def _split(model: str) -> tuple[str, str]:
    """("openai", "gpt-4o-mini") of "openai/gpt-4o-mini"; ("offline", "") of "offline"."""
    provider, _, name = model.partition("/")
    return provider, name


def _calls(arrival: Arrival, model: str) -> list[Any]:
    try:
        return arrival.calls()
    except ValueError as error:
        raise _garbled(model) from error


def _garbled(model: str) -> StudioError:
    return Unavailable(
        f"The model {model!r} asked for a tool in words that cannot be read.",
        hint="Try again, or put another model behind it in the chain.",
        model=model,
        reason="garbled",
    )
