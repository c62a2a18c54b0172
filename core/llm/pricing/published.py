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
LINES: Mapping[str, int] = {"480p": 480, "720p": 720, "1080p": 1080, "2k": 1440, "4k": 2160}
PLAIN_LINES = 720  # of a film; above them it is "-high-res" where the name of a row says so
TALKS = ("chat", "responses", "completion")  # modes of models that converse
SEARCHES = "-search-"  # in the name of a model that searches the web before it answers
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
    query = _query(name, row)
    if batch is not None:
        batch = replace(batch, tiers=_tiers(row, "_batches", batch), query=query)
    return replace(base, tiers=_tiers(row, "", base), batch=batch, query=query)


def purpose(name: str, vendor: str = "") -> str:
    """What a model that does not converse is made for ("embedding"); nothing for all others."""
    made_for = mode(name, vendor)
    return "" if made_for in TALKS else made_for.replace("_", " ")


def mode(name: str, vendor: str = "") -> str:
    """How a model is asked by LiteLLM's name: "chat", also where nobody says; "responses", ..."""
    return str(_row(name, vendor).get("mode") or TALKS[0])


def window(name: str, vendor: str = "") -> int:
    """How many tokens a model can read by LiteLLM's name; 0 where nobody says."""
    told = _row(name, vendor).get("max_input_tokens")
    return told if isinstance(told, int) else 0


def tariff(
    name: str, vendor: str = "", *, size: str = "", quality: str = "", results: int = 10
) -> Tariff | None:
    """The published rates of every unit of a model, or None.

    Images are found by `size` ("1024x1024") and `quality`, films by `size`, searches by the most
    `results`.
    """
    rates: dict[str, Decimal] = {}
    lines = min(map(int, re.findall(r"\d+", size)), default=0)
    for place in _places(name, size, quality, lines):  # what is nearer wins
        row = _row(place, vendor)
        for level in row.get("tiered_pricing", ()):
            first, last = level.get("max_results_range", (0, -1))
            row = {**row, **level} if first <= results <= last else row
        rates |= {unit: rate for unit, fields in UNITS.items()
                  if (rate := _rate(row, fields)) is not None}  # fmt: skip
        rates |= _film(row, lines, rates)
    return Tariff(name, rates) if rates else None


def _places(name: str, size: str, quality: str, lines: int) -> Iterable[str]:
    """The keys under which the rows of an image or a film may be, the most exact last."""
    yield name
    if lines > PLAIN_LINES:
        yield f"{name}-high-res"
    prefix, slash, short = name.rpartition("/")
    size = size.lower().replace("x", "-x-")
    for before in ([size], [quality, size]):
        if all(before):
            yield prefix + slash + "/".join([*before, short])


def _film(row: dict[str, Any], lines: int, plain: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The rate of a second of so many lines; one without its own costs what the dearest below does.

    What `plain` says is of no size, or of one that the row does not name.
    """
    told = {
        most: rate
        for label, most in LINES.items()
        if (rate := _rate(row, [f"output_cost_per_second_{label}"])) is not None
    }
    own = next((most for most in LINES.values() if lines <= most), max(LINES.values()))
    if not lines or not told:
        return {}
    below = [rate for most, rate in told.items() if most < own]
    return {"second": told.get(own, max([*below, plain.get("second", Decimal(0))]))}


def _row(name: str, vendor: str) -> dict[str, Any]:
    row = _published().get(name, {})
    owner = str(row.get("litellm_provider", ""))
    return row if not vendor or owner in (vendor, f"text-completion-{vendor}") else {}


def _query(name: str, row: dict[str, Any]) -> Decimal:
    """What each request costs besides, of a model that searches unasked; others name it too."""
    told = row.get("search_context_cost_per_query") if SEARCHES in name else None
    return Decimal((told or {}).get("search_context_size_medium", 0)) * NUSD


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
