"""What is not chat costs: images, speech, film, searches; each unit at its own rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.llm.pricing.price import PARENTS, Cost, charged, unpriced

TOKENS = (
    "input", "output", "cached", "audio_input", "audio_output",
    "image_input", "image_cached", "image_output",
)  # fmt: skip
UNITS = ("image", "pixel", "character", "second", "query", "page")
MORE = {**PARENTS, "image_input": "input", "image_output": "output", "image_cached": "image_input"}


@dataclass(frozen=True)
class Tariff:
    """Nano-dollars for one of each unit: a token of some kind, an image, a second, a query."""

    model: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def knows(self, *units: str) -> bool:
        """Each of `units` has a rate, of its own or its parent's."""
        return all(self._rate(unit) is not None for unit in units)

    def cost(self, amounts: Mapping[str, int | Decimal]) -> Cost:
        """What the amounts cost, and what of it each unit does. Raises Invalid for an unpriced one.

        {"character": 120}, {"second": Decimal("12.5")}, {"input": 40, "image_output": 1056}
        """
        rates = {unit: self._rate(unit) for unit in amounts}
        absent = [unit for unit, rate in rates.items() if rate is None]
        if absent:
            raise unpriced(self.model, *absent)
        return charged({unit: rate * amounts[unit] for unit, rate in rates.items() if rate})

    def images(self, count: int, width: int, height: int) -> Cost:
        """What `count` images of this size cost: each, or else by pixel. Raises Invalid."""
        if self.knows("pixel") and not self.knows("image"):
            return self.cost({"pixel": count * width * height})
        return self.cost({"image": count})

    def _rate(self, unit: str) -> Decimal | None:
        found = self.rates.get(unit)
        return self._rate(MORE[unit]) if found is None and unit in MORE else found


NOTHING: Mapping[str, Decimal] = dict.fromkeys((*TOKENS, *UNITS), Decimal(0))  # all is free
