"""What models cost, exactly: rates are decimals of a nano-dollar, amounts whole nano-dollars."""

from core.llm.pricing.own import from_settings, tariff_from_settings
from core.llm.pricing.price import FREE, Cost, Price, charged, unpriced
from core.llm.pricing.published import known, mode, purpose, tariff, window
from core.llm.pricing.tariff import NOTHING, Tariff

__all__ = [
    "FREE",
    "NOTHING",
    "Cost",
    "Price",
    "Tariff",
    "charged",
    "from_settings",
    "known",
    "mode",
    "purpose",
    "tariff",
    "tariff_from_settings",
    "unpriced",
    "window",
]
