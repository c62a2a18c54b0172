"""Providers are found by being there."""

from __future__ import annotations

import pkgutil

import core.llm.providers
from core.llm.provider import discover


def test_every_file_in_the_folder_is_a_provider_of_its_name():
    files = {file.name for file in pkgutil.iter_modules(core.llm.providers.__path__)}
    assert set(discover()) == files
    assert {"offline", "openai", "anthropic", "mistral", "openrouter", "ollama"} < files


def test_looking_twice_finds_the_same():
    assert discover() is discover()
