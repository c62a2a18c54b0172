"""Providers are found by being there."""

from __future__ import annotations

import pkgutil

import core.llm.providers
from core.llm.provider import discover
from core.settings.catalogue import catalogue


def test_every_entry_and_every_other_file_of_the_folder_is_a_provider_of_its_name():
    files = {file.name for file in pkgutil.iter_modules(core.llm.providers.__path__)}
    assert set(discover()) == (files - {"listed"}) | set(catalogue()["models"])
    assert {"offline", "openai", "anthropic", "mistral", "openrouter", "ollama"} < set(discover())


def test_looking_twice_finds_the_same():
    assert discover() is discover()
