"""What tokens cost, exactly. Prices are decimals of a nano-dollar; amounts are whole nano-dollars.

Known prices are data in LiteLLM's wheel, read without importing it. Prices in the settings win.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import Invalid
from core.llm import tokens
from core.llm.config import ModelPrice
from core.llm.messages import Usage

NUSD = Decimal(1_000_000_000)
PER_MILLION = Decimal(1_000)  # USD per million tokens -> nano-dollars per token
TIER = re.compile(r"^input_cost_per_token_above_(\d+)k_tokens$")
FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "reasoning": "output_cost_per_reasoning_token",
}


@dataclass(frozen=True)
class Cost:
    """Whole nano-dollars, and how they add up by kind of token."""

    nusd: int
    breakdown: dict[str, int]


@dataclass(frozen=True)
class Price:
    """Nano-dollars per token by kind; None costs what its parent kind does."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    above: int = 0  # this price holds for prompts of more tokens than this
    tiers: tuple[Price, ...] = ()  # prices of longer prompts, ascending

    def cost(self, usage: Usage) -> Cost:
        """What `usage` costs, and its parts."""
        return Cost(self.cost_nusd(usage), {})

    def cost_nusd(self, usage: Usage) -> int:
        """What `usage` costs, summed exactly and rounded up once."""
        at = self._at(usage.prompt)
        plain = max(0, usage.prompt - usage.cached - usage.cache_write)
        said = max(0, usage.completion - usage.reasoning)
        total = (
            plain * at.input
            + usage.cached * _or(at.cached, at.input)
            + usage.cache_write * _or(at.cache_write, at.input)
            + said * at.output
            + usage.reasoning * _or(at.reasoning, at.output)
        )
        return int(total.to_integral_value(ROUND_CEILING))

    def reserve_nusd(self, prompt: int, tokens_max: int) -> int:
        """An upper bound for a prompt that the rule of `tokens` counts as `prompt`."""
        most = tokens.bound(prompt)
        reading = [max(p.input, _or(p.cache_write, p.input)) for p in self._up_to(most)]
        writing = [max(p.output, _or(p.reasoning, p.output)) for p in self._up_to(most)]
        total = most * max(reading) + tokens_max * max(writing)
        return int(total.to_integral_value(ROUND_CEILING))

    def _at(self, prompt: int) -> Price:
        return self._up_to(prompt)[-1]

    def _up_to(self, prompt: int) -> list[Price]:
        return [self, *(tier for tier in self.tiers if prompt > tier.above)]


FREE = Price()


def from_settings(price: ModelPrice) -> Price:
    """A person's price, USD per million tokens, as nano-dollars per token."""
    given = price.model_dump(exclude_none=True)
    return Price(**{kind: given[kind] * PER_MILLION for kind in FIELDS if kind in given})


def known(name: str) -> Price | None:
    """The published price of a model by LiteLLM's name, or None."""
    row = _published().get(name)
    if not row or row.get("output_cost_per_token") is None:
        return None
    base = _read(row, "")
    if base is None:
        return None
    levels = sorted(int(found[1]) for field in row if (found := TIER.match(field)))
    tiers = [
        replace(_read(row, f"_above_{level}k_tokens") or base, above=level * 1000)
        for level in levels
    ]
    return replace(base, tiers=tuple(tiers))


def unpriced(model: str) -> Invalid:
    """The refusal of a model nobody gave a price, with the way to price it."""
    return Invalid(
        f"The model {model!r} has no known price, so its cost could not be limited.",
        hint="Give its price in USD per million tokens, zero if it is free: MODEL_PRICES="
        f'{{"{model}": {{"input": 0.5, "output": 1.5}}}}.',
        model=model,
        reason="unpriced",
    )


def _or(value: Decimal | None, parent: Decimal) -> Decimal:
    return parent if value is None else value


def _read(row: dict[str, Any], suffix: str) -> Price | None:
    """The prices of one level; kinds without one fall back to the base level's, if dearer-known."""
    kinds = {}
    for kind, field in FIELDS.items():
        value = row.get(field + suffix, row.get(field))
        if value is not None:
            kinds[kind] = Decimal(value) * NUSD
    return Price(**kinds) if {"input", "output"} <= kinds.keys() else None


@cache
def _published() -> dict[str, Any]:
    """LiteLLM's price map as it lies in the wheel; numbers keep every digit."""
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    file = Path(spec.submodule_search_locations[0], "model_prices_and_context_window_backup.json")
    return json.loads(file.read_text(), parse_float=Decimal) if file.exists() else {}
