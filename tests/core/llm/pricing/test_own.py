"""Prices from the settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import Invalid
from core.llm.config import ModelPrice
from core.llm.messages import Usage
from core.llm.pricing import from_settings, tariff_from_settings
from core.settings import load

MILLION = Usage(prompt=1_000_000, completion=1_000_000)


def test_people_price_tokens_in_usd_per_million():
    price = from_settings(ModelPrice(input="0.15", output="0.60"))
    assert price.cost_nusd(MILLION) == 750_000_000
    assert price.batch is None  # nobody said it, so it is not guessed


def test_people_may_price_a_batch():
    given = ModelPrice(input="0.15", output="0.60", batch_input="0.075", batch_output="0.30")
    assert from_settings(given).batch.cost_nusd(MILLION) == 375_000_000


def test_people_price_other_units_in_usd_each():
    price = ModelPrice(second="0.0001", image="0.04", character="0.000015", query="0.008")
    tariff = tariff_from_settings(price, "m")
    assert tariff.cost({"second": Decimal("12.5")}).nusd == 1_250_000
    assert tariff.cost({"image": 2, "query": 1}).nusd == 88_000_000
    assert tariff.cost({"character": 3}).nusd == 45_000


def test_people_price_the_search_of_each_request():
    given = {"input": "0", "output": "0", "batch_input": "0", "batch_output": "0"}
    price = from_settings(ModelPrice(**given, query="0.01"))
    assert price.cost(MILLION).breakdown == {"query": 10_000_000}
    assert price.batch.cost(MILLION).breakdown == {"query": 10_000_000}


def test_a_price_of_units_only_is_none_for_tokens():
    with pytest.raises(Invalid, match="no known price"):
        from_settings(ModelPrice(second="0.0001"), "compatible/whisper")


def test_every_kind_a_person_may_price_is_a_setting_and_a_field():
    kinds = ",".join(f'"{kind}": 0.5' for kind in ModelPrice.model_fields)
    found = load({"MODEL_PRICES": f'{{"compatible/m": {{{kinds}}}}}'}, None).model_prices
    assert ModelPrice(**found["compatible/m"]).page == Decimal("0.5")
