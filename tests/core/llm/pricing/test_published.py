"""The published map is read exactly, with its tiers, batches and units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.llm.messages import Usage
from core.llm.pricing import known, tariff
from core.settings.catalogue import catalogue


def test_the_price_map_is_read_without_floats():
    assert all(isinstance(known(name).input, Decimal) for name in ("gpt-4o-mini", "gpt-5"))
    assert known("nobody/knows-this") is None
    assert tariff("nobody/knows-this") is None


def test_long_prompts_cost_their_own_price():
    price = known("gpt-5.4")  # above 272,000 prompt tokens everything is dearer
    (tier,) = price.tiers
    assert tier.above == 272_000
    short, long = Usage(prompt=272_000, completion=1), Usage(prompt=272_001, completion=1)
    assert price.cost_nusd(short) == 272_000 * price.input + price.output
    assert price.cost_nusd(long) == 272_001 * tier.input + tier.output
    assert tier.input > price.input


def test_a_batch_has_the_price_that_is_published_and_none_where_none_is():
    price = known("claude-sonnet-4-5")
    batch = price.batch
    assert (batch.input, batch.output) == (price.input / 2, price.output / 2)
    assert (batch.cached, batch.cache_write) == (150, 1875)
    assert known("mistral/mistral-small-latest").batch is None


def test_a_cached_token_in_a_batch_is_never_dearer_than_a_plain_one():
    batch = known("gpt-4o-mini").batch
    assert batch.rate("cached") == min(known("gpt-4o-mini").cached, batch.input) == 75


def test_cache_writes_of_an_hour_have_their_own_price():
    price = known("claude-haiku-4-5")
    assert (price.cache_write, price.cache_write_1h) == (1250, 2000)


def test_another_vendors_model_is_not_known_at_this_address():
    assert known("claude-haiku-4-5", "anthropic") is not None
    assert known("claude-haiku-4-5", "openai") is None
    assert tariff("whisper-1", "mistral") is None


def test_models_that_write_nothing_are_priced_by_what_they_read():
    embed = known("mistral/mistral-embed", "mistral")
    assert embed.cost_nusd(Usage(prompt=30)) == 30 * 100
    assert known("omni-moderation-latest").cost_nusd(Usage(prompt=1000)) == 0


@pytest.mark.parametrize(
    ("size", "quality", "nusd"),
    [("1024x1024", "low", 11_000_000), ("1024x1024", "high", 167_000_000)],
)
def test_an_image_costs_by_size_and_quality(size, quality, nusd):
    found = tariff("gpt-image-1", "openai", size=size, quality=quality)
    assert found.images(1, 1024, 1024).nusd == nusd
    assert found.cost({"image_output": 10}).nusd == 10 * 40_000  # its tokens have prices as well


def test_a_search_costs_by_the_results_it_may_bring():
    assert tariff("tavily/search").cost({"query": 1}).nusd == 8_000_000
    few, many = tariff("firecrawl/search"), tariff("firecrawl/search", results=15)
    assert few.cost({"query": 1}).nusd == 1_660_000
    assert many.cost({"query": 1}).nusd == 3_320_000


def test_every_example_of_a_published_provider_has_a_price():
    for entry in catalogue()["models"].values():
        names = [name for name in entry.models if entry.published is not None and name.islower()]
        assert all(known(entry.published + name, entry.dialect) for name in names)
