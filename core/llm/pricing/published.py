"""Published prices: data in LiteLLM's wheel, read without importing it, with every digit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.llm.pricing.price import Price
from core.llm.pricing.tariff import Tariff
from core.settings import NUSD

TIER = re.compile(r"^input_cost_per_token_above_(\d+)k_tokens(_batches)?$")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "input": ("input_cost_per_token",),
    "output": ("output_cost_per_token",),
    "cached": ("cache_read_input_token_cost", "input_cost_per_token_cache_hit"),
    "cache_write": ("cache_creation_input_token_cost",),
    "cache_write_1h": ("cache_creation_input_token_cost_above_1hr",),
    "reasoning": ("output_cost_per_reasoning_token",),
    "audio_input": ("input_cost_per_audio_token",),
    "audio_output": ("output_cost_per_audio_token",),
}
UNITS: Mapping[str, tuple[str, ...]] = {
    **{kind: FIELDS[kind] for kind in ("input", "output", "cached", "audio_input", "audio_output")},
    "image_input": ("input_cost_per_image_token",),
    "image_cached": ("cache_read_input_image_token_cost",),
    "image_output": ("output_cost_per_image_token",),
    "image": ("output_cost_per_image", "input_cost_per_image"),
    "pixel": ("output_cost_per_pixel", "input_cost_per_pixel"),
    "character": ("input_cost_per_character", "output_cost_per_character"),
    "second": ("output_cost_per_video_per_second", "output_cost_per_second",
               "input_cost_per_second"),
    "query": ("input_cost_per_query",),
    "page": ("ocr_cost_per_page",),
}  # fmt: skip
TALKS = ("chat", "responses", "completion")  # modes of models that converse
SILENT = {"embedding", "moderation", "rerank"}  # modes that write no tokens


def known(name: str, vendor: str = "") -> Price | None:
    """The published price of a model's tokens by LiteLLM's name, or None.

    With a `vendor` only its own models are known: another's at the same address cost something
    else.
    """
    row = _row(name, vendor)
    base = _level(row, "", "")
    if base is None:
        return None
    batch = _level(row, "", "_batches", base)
    if batch is not None:
        batch = replace(batch, tiers=_tiers(row, "_batches", batch))
    return replace(base, tiers=_tiers(row, "", base), batch=batch)


def purpose(name: str, vendor: str = "") -> str:
    """What a model that does not converse is made for ("embedding"); nothing for all others."""
    mode = str(_row(name, vendor).get("mode") or TALKS[0])
    return "" if mode in TALKS else mode.replace("_", " ")


def window(name: str, vendor: str = "") -> int:
    """How many tokens a model can read by LiteLLM's name; 0 where nobody says."""
    told = _row(name, vendor).get("max_input_tokens")
    return told if isinstance(told, int) else 0


def tariff(
    name: str, vendor: str = "", *, size: str = "", quality: str = "", results: int = 10
) -> Tariff | None:
    """The published rates of every unit of a model, or None.

    Images are found by `size` ("1024x1024") and `quality`, searches by the most `results`.
    """
    rates: dict[str, Decimal] = {}
    for place in _places(name, size, quality):  # what is nearer wins
        row = _row(place, vendor)
        for level in row.get("tiered_pricing", ()):
            first, last = level.get("max_results_range", (0, -1))
            row = {**row, **level} if first <= results <= last else row
        rates |= {unit: rate for unit, fields in UNITS.items()
                  if (rate := _rate(row, fields)) is not None}  # fmt: skip
    return Tariff(name, rates) if rates else None


def _places(name: str, size: str, quality: str) -> Iterable[str]:
    """The keys under which an image's rows may be, the most exact last."""
    yield name
    prefix, slash, short = name.rpartition("/")
    size = size.lower().replace("x", "-x-")
    for before in ([size], [quality, size]):
        if all(before):
            yield prefix + slash + "/".join([*before, short])


def _row(name: str, vendor: str) -> dict[str, Any]:
    row = _published().get(name, {})
    owner = str(row.get("litellm_provider", ""))
    return row if not vendor or owner in (vendor, f"text-completion-{vendor}") else {}


def _tiers(row: dict[str, Any], suffix: str, base: Price) -> tuple[Price, ...]:
    found = (TIER.match(field) for field in row)
    levels = sorted(int(tier[1]) for tier in found if tier and (tier[2] or "") == suffix)
    tiers = [
        replace(_level(row, f"_above_{level}k_tokens", suffix, base) or base, above=level * 1000)
        for level in levels
    ]
    return tuple(tiers)


def _level(row: dict[str, Any], tier: str, suffix: str, base: Price | None = None) -> Price | None:
    """The prices of one level; what it does not name costs what it does in `base`.

    A token read from a cache is never dearer than one that is not, so within a batch the cheaper
    of both known prices holds.
    """
    kinds: dict[str, Any] = {
        kind: rate
        for kind, fields in FIELDS.items()
        if (rate := _rate(row, [field + tier + suffix for field in fields])) is not None
    }
    if row.get("mode") in SILENT:
        kinds.setdefault("output", Decimal(0))
    if not {"input", "output"} <= kinds.keys():
        if not tier or base is None or not kinds:
            return None
        kinds = {"input": base.input, "output": base.output, **kinds}
    for kind in FIELDS.keys() - kinds.keys() if base else ():
        before = getattr(base, kind)
        if before is not None:
            kinds[kind] = min(before, kinds["input"]) if kind == "cached" else before
    return Price(**kinds)


def _rate(row: dict[str, Any], fields: Iterable[str]) -> Decimal | None:
    """Nano-dollars of one, by the first of `fields` that is told; one with a price before zeros."""
    told = [Decimal(row[field]) * NUSD for field in fields if row.get(field) is not None]
    return next((rate for rate in told if rate), told[0] if told else None)


@cache
def _published() -> dict[str, Any]:
    """LiteLLM's price map as it lies in the wheel; numbers keep every digit."""
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    file = Path(spec.submodule_search_locations[0], "model_prices_and_context_window_backup.json")
    return json.loads(file.read_text("utf-8"), parse_float=Decimal) if file.exists() else {}
