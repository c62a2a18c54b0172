"""Mistral is absent without a key and goes where it is told to."""

from __future__ import annotations

from core.llm import ModelSettings
from core.llm.provider import discover

PROVIDER = discover()["mistral"]


def test_without_its_key_it_is_absent_by_name():
    assert PROVIDER.missing(ModelSettings()) == "MISTRAL_API_KEY"
    assert PROVIDER.missing(ModelSettings(mistral_api_key="k-123")) == ""


def test_its_address_is_the_official_one_unless_set():
    assert PROVIDER.route(ModelSettings()).base_url.startswith("https://")
    moved = ModelSettings(mistral_base_url="http://127.0.0.1:1/x")
    assert PROVIDER.route(moved).base_url == "http://127.0.0.1:1/x"


def test_only_published_prices_are_known():
    assert PROVIDER.price("no-such-model") is None
    assert PROVIDER.price("mistral-small-latest").output > 0
