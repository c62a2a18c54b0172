"""What tokens cost: every kind at its own rate, summed exactly and rounded up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.errors import Invalid
from core.llm import tokens
from core.llm.messages import Usage

READ = {"cached": "input", "cache_write": "input", "cache_write_1h": "cache_write"}  # -> its parent
WRITTEN = {"reasoning": "output"}
SOUND = {"audio_input": "input", "audio_output": "output"}
PARENTS: Mapping[str, str] = {**READ, **WRITTEN, **SOUND}


@dataclass(frozen=True)
class Cost:
    """An amount and what it is made of; the kinds sum to the amount exactly."""

    nusd: int
    breakdown: dict[str, int] = field(default_factory=dict)  # kind -> nano-dollars


@dataclass(frozen=True)
class Price:
    """Nano-dollars per token by kind; None costs what its parent kind does."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal | None = None
    cache_write: Decimal | None = None  # for five minutes
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None
    above: int = 0  # this price holds for prompts of more tokens than this
    tiers: tuple[Price, ...] = ()  # prices of longer prompts, ascending
    batch: Price | None = None  # within a provider's batch; None where nobody says, never guessed
    query: Decimal = Decimal(0)  # of each request besides, where the model searches by itself

    def cost(self, usage: Usage) -> Cost:
        """What `usage` costs, and what of it each kind of token does; no tokens are no request."""
        at = self._at(usage.prompt)
        parts = {kind: n * at.rate(kind) for kind, n in _amounts(usage).items()}
        return charged({**parts, "query": self.query if usage.total else Decimal(0)})

    def cost_nusd(self, usage: Usage) -> int:
        """What `usage` costs, summed exactly and rounded up once."""
        return self.cost(usage).nusd

    def reserve_nusd(self, prompt: int, tokens_max: int) -> int:
        """An upper bound for a prompt that the rule of `tokens` counts as `prompt`.

        It covers every way the prompt may be billed (read from a cache, written into one) and
        thinking; chat hears and speaks no sound.
        """
        most = tokens.bound(prompt)
        levels = self._up_to(most)
        total = most * max(level.rate(kind) for level in levels for kind in ("input", *READ))
        total += tokens_max * max(
            level.rate(kind) for level in levels for kind in ("output", *WRITTEN)
        )
        return int((total + self.query).to_integral_value(ROUND_CEILING))

    def rate(self, kind: str) -> Decimal:
        """Nano-dollars of one token of this kind."""
        found: Decimal | None = getattr(self, kind)
        return self.rate(PARENTS[kind]) if found is None else found

    def _at(self, prompt: int) -> Price:
        return self._up_to(prompt)[-1]

    def _up_to(self, prompt: int) -> list[Price]:
        return [self, *(tier for tier in self.tiers if prompt > tier.above)]


FREE = Price()


def charged(parts: Mapping[str, Decimal]) -> Cost:
    """The sum of exact parts rounded up once; what rounding adds goes to the largest fractions."""
    given = {kind: part for kind, part in parts.items() if part}
    nusd = int(sum(given.values(), Decimal(0)).to_integral_value(ROUND_CEILING))
    whole = {kind: int(part.to_integral_value(ROUND_FLOOR)) for kind, part in given.items()}
    order = sorted(given, key=lambda kind: whole[kind] - given[kind])  # the largest fraction first
    for kind in order[: nusd - sum(whole.values())]:
        whole[kind] += 1
    return Cost(nusd, whole)


def unpriced(model: str, *units: str) -> Invalid:
    """The refusal of a model nobody gave a price, with the way to price it."""
    example = '"input": 0.5, "output": 1.5'
    scale = "in USD per million tokens"
    if units:
        example, scale = ", ".join(f'"{unit}": 0.01' for unit in units), f"in USD per {units[0]}"
    way = f'MODEL_PRICES={{"{model}": {{{example}}}}}'
    return Invalid(
        f"The model {model!r} has no known price, so its cost could not be limited.",
        hint=f"Give its price {scale}, zero if it is free: {way}.",
        model=model,
        reason="unpriced",
    )


def _amounts(usage: Usage) -> dict[str, int]:
    """Tokens by kind, each counted once."""
    finer = usage.cached + usage.cache_write + usage.cache_write_1h + usage.audio_prompt
    spoken = usage.reasoning + usage.audio_completion
    return {
        "input": max(0, usage.prompt - finer),
        "cached": usage.cached,
        "cache_write": usage.cache_write,
        "cache_write_1h": usage.cache_write_1h,
        "audio_input": usage.audio_prompt,
        "output": max(0, usage.completion - spoken),
        "reasoning": usage.reasoning,
        "audio_output": usage.audio_completion,
    }
