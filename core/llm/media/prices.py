"""The tariff of a model that is not chat: the settings' price, or else the published one."""

from __future__ import annotations

from core.llm.config import ModelSettings
from core.llm.pricing import NOTHING, Tariff, tariff, tariff_from_settings, unpriced
from core.settings.catalogue import Entry


def tariff_of(
    config: ModelSettings,
    model: str,
    entry: Entry,
    *,
    size: str = "",
    quality: str = "",
    results: int = 10,
) -> Tariff:
    """What `model` costs by the unit; empty when nobody knows. `model` is "PROVIDER/NAME".

    Images are found by `size` and `quality`, films by `size`, searches by the most `results`.
    """
    if model in config.prices:
        return tariff_from_settings(config.prices[model], model)
    if entry.free:
        return Tariff(model, NOTHING)
    if entry.published is None:
        return Tariff(model, {})
    row = f"{entry.published}{model.partition('/')[2]}"
    found = tariff(row, entry.dialect, size=size, quality=quality, results=results)
    return Tariff(model, found.rates if found else {})


def priced(tariff: Tariff, *ways: str) -> str:
    """The first unit of `ways` that has a rate. Raises Invalid with the way to price the first."""
    for unit in ways:
        if tariff.knows(unit):
            return unit
    raise unpriced(tariff.model, ways[0])
