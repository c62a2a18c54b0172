"""The published map is read exactly, with its tiers, batches and units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.llm.messages import Usage
from core.llm.pricing import known, mode, tariff
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
    ("model", "nusd"),
    [("gpt-5-search-api", 10_000_000), ("gpt-4o-mini-search-preview", 25_000_000)],
)
def test_a_model_that_searches_by_itself_takes_that_of_every_request(model, nusd):
    price = known(model, "openai")
    asked = Usage(prompt=1)
    assert price.cost(asked).breakdown["query"] == nusd
    assert price.reserve_nusd(1, 0) >= price.cost_nusd(asked) > nusd
    assert price.batch is None or price.batch.query == nusd


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5", "claude-sonnet-4-5"])
def test_a_model_that_may_be_told_to_search_does_not_unasked(model):
    assert "query" not in known(model).cost(Usage(prompt=1)).breakdown


@pytest.mark.parametrize(
    ("model", "way"),
    [("gpt-4o", "chat"), ("gpt-5-pro", "responses"), ("whisper-1", "audio_transcription"),
     ("nobody-knows", "chat")],
)  # fmt: skip
def test_how_a_model_is_asked_is_told(model, way):
    assert mode(model) == way


@pytest.mark.parametrize(
    ("size", "quality", "nusd"),
    [("1024x1024", "low", 11_000_000), ("1024x1024", "high", 167_000_000)],
)
def test_an_image_costs_by_size_and_quality(size, quality, nusd):
    found = tariff("gpt-image-1", "openai", size=size, quality=quality)
    assert found.images(1, 1024, 1024).nusd == nusd
    assert found.cost({"image_output": 10}).nusd == 10 * 40_000  # its tokens have prices as well


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("sora-2", {"720x1280": 100, "1024x1792": 100}),
        ("sora-2-pro", {"": 300, "720x1280": 300, "1024x1792": 500, "1792x1024": 500}),
        ("gemini/veo-3.1-fast-generate-preview", {"1280x720": 100, "1080x1920": 120,
                                                  "3840x2160": 300}),
        ("gemini/veo-3.1-generate-preview", {"1280x720": 400, "1920x1080": 400,
                                             "3840x2160": 600}),
        ("xai/grok-imagine-video-1.5", {"848x480": 80, "1280x720": 140, "1920x1080": 250,
                                        "3840x2160": 250}),
        ("dashscope/wan2.7-t2v", {"848x480": 143, "1280x720": 86, "1920x1080": 143}),
    ],
)  # fmt: skip
def test_a_second_of_film_costs_by_its_size(name, sizes):
    for size, thousandths in sizes.items():
        nusd = tariff(name, size=size).cost({"second": 1}).nusd
        assert nusd // 1_000_000 == thousandths, size


def test_a_search_costs_by_the_results_it_may_bring():
    assert tariff("tavily/search").cost({"query": 1}).nusd == 8_000_000
    few, many = tariff("firecrawl/search"), tariff("firecrawl/search", results=15)
    assert few.cost({"query": 1}).nusd == 1_660_000
    assert many.cost({"query": 1}).nusd == 3_320_000


def test_every_example_of_a_published_provider_has_a_price():
    for entry in catalogue()["models"].values():
        names = [name for name in entry.models if entry.published is not None and name.islower()]
        assert all(known(entry.published + name, entry.dialect) for name in names)
