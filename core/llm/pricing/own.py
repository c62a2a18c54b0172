"""Prices that people gave in the settings; they win over published ones."""

from __future__ import annotations

from decimal import Decimal

from core.llm.config import ModelPrice
from core.llm.pricing.price import Price, unpriced
from core.llm.pricing.tariff import TOKENS, UNITS, Tariff
from core.settings import NUSD

PER_MILLION = Decimal(1_000)  # USD per million tokens -> nano-dollars per token
CHAT = (
    "input", "output", "cached", "cache_write", "cache_write_1h", "reasoning",
    "audio_input", "audio_output",
)  # fmt: skip


def from_settings(price: ModelPrice, model: str = "") -> Price:
    """A person's price of tokens as nano-dollars. Raises Invalid where it has units only."""
    given = price.model_dump(exclude_none=True)
    if "output" not in given:
        raise unpriced(model or "of this price")
    batch, query = None, given.get("query", Decimal(0)) * NUSD
    if "batch_output" in given:
        rates = (given["batch_input"] * PER_MILLION, given["batch_output"] * PER_MILLION)
        batch = Price(*rates, query=query)
    kinds = {kind: given[kind] * PER_MILLION for kind in CHAT if kind in given}
    return Price(**kinds, batch=batch, query=query)


def tariff_from_settings(price: ModelPrice, model: str) -> Tariff:
    """A person's price of every unit it names, as nano-dollars each."""
    given = price.model_dump(exclude_none=True)
    rates = {kind: given[kind] * PER_MILLION for kind in TOKENS if kind in given}
    return Tariff(model, {**rates, **{unit: given[unit] * NUSD for unit in UNITS if unit in given}})
