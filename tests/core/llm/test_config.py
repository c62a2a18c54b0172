"""Settings of models work offline by default and hide their secrets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.llm import ModelPrice, ModelSettings

SECRET = "sk-very-secret-123456"


def test_the_default_chain_is_offline():
    assert ModelSettings().models == ("offline",)
    assert ModelSettings().secrets() == []


def test_secrets_are_hidden_from_every_print():
    config = ModelSettings(openai_api_key=SECRET, compatible_api_key=SECRET)
    assert SECRET not in f"{config!r} {config} {config.model_dump_json()}"
    assert config.secrets() == [SECRET, SECRET]


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ValidationError):
        ModelSettings(opnai_api_key=SECRET)


def test_a_negative_price_is_refused():
    with pytest.raises(ValidationError):
        ModelPrice(input="-1", output="0")
