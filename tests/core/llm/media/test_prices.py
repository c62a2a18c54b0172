"""Every unit has a price that somebody gave, or is refused with the way to give one."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.llm import ModelPrice, ModelSettings
from core.llm.media.prices import priced, tariff_of
from core.settings.catalogue import Entry, catalogue

NONE = ModelSettings()
OPENAI = catalogue()["models"]["openai"]
TAVILY = catalogue()["search"]["tavily"]
NANO = 1_000_000_000


@pytest.mark.parametrize(
    ("model", "entry", "amounts", "nusd"),
    [
        ("openai/tts-1", OPENAI, {"character": 1_000}, 1_000 * 15_000),
        ("openai/whisper-1", OPENAI, {"second": 60}, 60 * 100_000),
        ("openai/sora-2", OPENAI, {"second": 4}, 4 * NANO // 10),
        ("openai/gpt-image-2", OPENAI, {"input": 10, "image_output": 100}, 50_000 + 3_000_000),
        ("openai/text-embedding-3-large", OPENAI, {"input": 1_000}, 1_000 * 130),
        ("tavily/search", TAVILY, {"query": 1}, 8_000_000),
    ],
)
def test_published_prices_are_known_to_the_nano_dollar(model, entry, amounts, nusd):
    assert tariff_of(NONE, model, entry).cost(amounts).nusd == nusd


@pytest.mark.parametrize(("results", "nusd"), [(5, 1_660_000), (10, 1_660_000), (11, 3_320_000),
                                               (100, 16_600_000)])  # fmt: skip
def test_a_search_that_is_priced_by_its_results_is(results, nusd):
    entry = catalogue()["search"]["firecrawl"]
    tariff = tariff_of(NONE, "firecrawl/search", entry, results=results)
    assert tariff.cost({"query": 1}).nusd == nusd


def test_an_image_is_found_by_its_size_and_quality():
    def price(quality: str, size: str) -> int:
        found = tariff_of(NONE, "openai/gpt-image-1.5", OPENAI, size=size, quality=quality)
        return found.cost({"image": 1}).nusd

    assert price("high", "1024x1024") == 133_000_000
    assert price("low", "1536x1024") == 13_000_000


def test_what_the_settings_say_wins_over_what_is_published_and_free():
    config = ModelSettings(prices={"a/b": ModelPrice(second="0.5", input="2", output="3")})
    free = Entry(title="A", free=True)
    tariff = tariff_of(config, "a/b", free)
    assert tariff.cost({"second": 2, "input": 1_000}).nusd == NANO + 2_000_000
    assert tariff_of(NONE, "a/b", free).cost({"second": 9, "image": 3, "query": 1}).nusd == 0


def test_the_first_unit_that_has_a_price_is_used():
    tariff = tariff_of(NONE, "openai/gpt-image-2", OPENAI)
    assert priced(tariff, "image", "pixel", "image_output") == "image_output"


@pytest.mark.parametrize("entry", [OPENAI, Entry(title="Own")])
def test_what_nobody_priced_is_refused_with_the_way_to_price_it(entry):
    with pytest.raises(Invalid) as caught:
        priced(tariff_of(NONE, "openai/nobody-knows-it", entry), "second", "audio_input")
    assert caught.value.details["reason"] == "unpriced"
    assert '"openai/nobody-knows-it": {"second": ' in caught.value.hint
