"""Settings of models work offline by default and hide their secrets."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from core.llm import ModelPrice, ModelSettings

SECRET = "sk-very-secret-123456"
KEYS = {"OPENAI_API_KEY": SECRET, "TAVILY_API_KEY": f"{SECRET}-two"}


def test_the_default_chain_is_offline():
    assert ModelSettings().models == ("offline",)
    assert ModelSettings().secrets() == []


def test_secrets_are_hidden_from_every_print():
    config = ModelSettings(credentials=KEYS)
    assert SECRET not in f"{config!r} {config} {config.model_dump_json()}"
    assert config.secrets() == list(KEYS.values())


def test_a_credential_is_read_by_the_name_of_its_setting_and_is_empty_where_none_is_set():
    config = ModelSettings(credentials=KEYS)
    assert config.credential("TAVILY_API_KEY") == f"{SECRET}-two"
    assert config.credential("MISTRAL_API_KEY") == ""


def test_settings_of_one_provider_hold_no_others_keys():
    own = ModelSettings(credentials=KEYS).only("OPENAI_API_KEY", "OPENAI_BASE_URL")
    assert own.secrets() == [SECRET]
    assert own.credential("TAVILY_API_KEY") == ""


def test_of_an_address_only_its_password_is_secret_and_short_words_are_not():
    url = "http://me:hunter2-hunter2@10.0.0.7:8080/v1"
    config = ModelSettings(credentials={"COMPATIBLE_BASE_URL": url, "COMPATIBLE_API_KEY": "x"})
    assert config.secrets() == ["hunter2-hunter2"]


@pytest.mark.parametrize(
    "given", [{"opnai_api_key": SECRET}, {"credentials": {"OPNAI_API_KEY": SECRET}}]
)
def test_a_misspelt_setting_is_refused(given):
    with pytest.raises(ValidationError):
        ModelSettings(**given)


@pytest.mark.parametrize(
    "price",
    [
        {"input": "-1", "output": "0"},
        {"input": "1"},
        {"input": "1", "output": "1", "batch_input": "1"},
        {},
        {"imge": "1"},
    ],
)
def test_a_price_that_cannot_be_charged_is_refused(price):
    with pytest.raises(ValidationError):
        ModelPrice(**price)


def test_an_error_about_settings_shows_none_of_them():
    with pytest.raises(ValidationError) as wrong:
        ModelSettings(credentials={"OPENAI_API_KEY": "k1", "OPENAI_BASE_URL": "ftp://me:pw@h"})
    assert not {"k1", "me:pw"} & set(re.split(r"[^\w:]+", str(wrong.value)))
