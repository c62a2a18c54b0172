"""Providers are found by being there."""

from __future__ import annotations

import pkgutil

import core.llm.providers
from core.llm.config import ModelSettings
from core.llm.provider import discover, listed
from core.settings.catalogue import catalogue


def test_every_entry_and_every_other_file_of_the_folder_is_a_provider_of_its_name():
    files = {file.name for file in pkgutil.iter_modules(core.llm.providers.__path__)}
    assert set(discover()) == (files - {"listed"}) | set(catalogue()["models"])
    assert {"offline", "openai", "anthropic", "mistral", "openrouter", "ollama"} < set(discover())


def test_looking_twice_finds_the_same():
    assert discover() is discover()


def test_every_provider_is_listed_by_what_it_lacks_and_by_no_secret():
    keys = {
        "OPENAI_API_KEY": "canary-key",
        "OPENAI_BASE_URL": "http://me:canary-password@127.0.0.1:9/v1",
        "SEARXNG_URL": "127.0.0.1:8080",
    }
    found = {one.name: one for one in listed(ModelSettings(credentials=keys))}
    assert (found["offline"].missing, found["offline"].host) == ("", "")
    assert (found["openai"].missing, found["openai"].host) == ("", "127.0.0.1:9")
    assert found["anthropic"].missing == "ANTHROPIC_API_KEY"
    assert (found["searxng"].kind, found["searxng"].host) == ("search", "127.0.0.1:8080")
    assert set(found) == {"offline"} | {n for part in catalogue().values() for n in part}
    assert "canary" not in repr(found)
