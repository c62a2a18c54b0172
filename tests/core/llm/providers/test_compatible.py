"""Any server in OpenAI's format: an address is enough, a price is not optional."""

from __future__ import annotations

from core.llm import ModelSettings
from core.llm.provider import discover

PROVIDER = discover()["compatible"]


def test_without_an_address_it_is_absent():
    assert PROVIDER.missing(ModelSettings(compatible_api_key="k")) == "COMPATIBLE_BASE_URL"


def test_a_server_without_keys_is_sent_a_placeholder():
    config = ModelSettings(compatible_base_url="http://127.0.0.1:1/v1")
    assert PROVIDER.missing(config) == ""
    assert PROVIDER.route(config).key == "none"


def test_nobody_publishes_its_prices():
    assert PROVIDER.price("gpt-4o-mini") is None
