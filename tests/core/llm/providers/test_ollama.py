"""Ollama is there when its host is, and free."""

from __future__ import annotations

import pytest

from core.llm import ModelSettings
from core.llm.pricing import FREE
from core.llm.provider import discover

PROVIDER = discover()["ollama"]


def test_without_a_host_it_is_absent():
    assert PROVIDER.missing(ModelSettings()) == "OLLAMA_HOST"


@pytest.mark.parametrize("host", ["127.0.0.1:11434", "http://127.0.0.1:11434/"])
def test_the_host_may_be_written_as_ollama_itself_takes_it(host):
    config = ModelSettings(ollama_host=host)
    assert PROVIDER.missing(config) == ""
    assert PROVIDER.route(config).base_url == "http://127.0.0.1:11434/v1"


def test_ones_own_machine_is_free():
    assert PROVIDER.price("anything") is FREE
