"""Every provider of the file: absent by the name of what it needs, and going where it is told.

No provider is named here but by the file itself, so a new entry is tested by being written.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.llm import ModelSettings
from core.llm.pricing import FREE
from core.llm.provider import discover
from core.settings import ROOT
from core.settings.catalogue import FILE, catalogue

ENTRIES = catalogue()["models"]
KEYED = [name for name, entry in ENTRIES.items() if entry.needs == "key"]
PRICED = [name for name, entry in ENTRIES.items() if entry.published is not None]


def settings(**given: str) -> ModelSettings:
    return ModelSettings(credentials={name: value for name, value in given.items() if name})


@pytest.mark.parametrize("name", ENTRIES)
def test_a_provider_is_absent_by_the_name_of_what_it_needs(name):
    entry, provider = ENTRIES[name], discover()[name]
    assert provider.missing(ModelSettings()) == (entry.key if entry.needs == "key" else entry.url)
    given = "k-123" if entry.needs == "key" else "http://127.0.0.1:1"
    assert provider.missing(settings(**{entry.setting: given})) == ""


@pytest.mark.parametrize("name", KEYED)
def test_its_address_is_the_official_one_unless_set(name):
    entry, provider = ENTRIES[name], discover()[name]
    assert provider.route(ModelSettings()).base_url.startswith("https://")
    moved = settings(**{entry.url: "http://127.0.0.1:1/x/"})
    assert provider.route(moved).base_url == "http://127.0.0.1:1/x"


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in KEYED])
def test_a_server_without_keys_is_sent_a_placeholder(name):
    entry, provider = ENTRIES[name], discover()[name]
    assert provider.route(settings(**{entry.url: "http://127.0.0.1:1"})).key == entry.keyless


@pytest.mark.parametrize("host", ["127.0.0.1:11434", "http://127.0.0.1:11434/"])
def test_an_address_may_be_written_without_its_scheme_where_people_do_so(host):
    config = settings(OLLAMA_HOST=host)
    assert discover()["ollama"].route(config).base_url == "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize("name", PRICED)
def test_only_published_prices_are_known(name):
    provider = discover()[name]
    assert provider.price("no-such-model") is None
    examples = [model for model in ENTRIES[name].models if model.islower()]
    assert all(provider.price(model).output > 0 for model in examples)


def test_ones_own_machine_is_free_and_a_server_nobody_publishes_is_not():
    assert discover()["ollama"].price("anything") is FREE
    assert discover()["compatible"].price("gpt-4o-mini") is None


@pytest.mark.parametrize("name", ENTRIES)
def test_a_provider_reads_no_credential_but_its_own(name):
    every = {}
    for entry in ENTRIES.values():
        for setting in (entry.key, entry.url):
            every[setting] = f"http://{setting}" if setting == entry.url else f"canary-{setting}"
    entry = ENTRIES[name]
    shown = repr(vars(discover()[name].route(settings(**every))))
    foreign = set(every) - {entry.key, entry.url, ""}
    assert entry.setting in shown
    assert not [setting for setting in foreign if setting in shown]


PLANTED = """
import sys
from pathlib import Path
from core.settings import catalogue
file = Path(sys.argv[1])
found = catalogue.catalogue.__wrapped__(file)
catalogue.catalogue = lambda: found
from core.settings import load
from core.settings.fields import settable
from core.llm import ModelSettings
from core.llm.provider import discover
set = load({"ACME_API_KEY": "k-acme", "ACME_URL": "acme.example/"}, None)
route = discover()["acme"].route(ModelSettings(credentials=set.credentials))
print(route.dialect, route.base_url, route.key, "acme_api_key" in settable())
"""


def test_one_new_entry_is_a_whole_provider_with_its_credentials(tmp_path):
    file = tmp_path / "providers.yaml"
    entry = (
        "  acme: {title: Acme, dialect: openai, key: ACME_API_KEY, url: ACME_URL, scheme: https}"
    )
    file.write_text(FILE.read_text().replace("models:\n", f"models:\n{entry}\n", 1))
    command = [sys.executable, "-c", PLANTED, str(file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["openai", "https://acme.example", "k-acme", "True"], ran.stderr
