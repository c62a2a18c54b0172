"""Packs that somebody edited, their manifest made to fit: `verify` never says that all is well."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from contextlib import suppress

import pytest

from core.errors import StudioError
from core.insight.claims import Evidence, written
from core.insight.export import discover
from core.insight.verify import verify
from core.settings import load
from core.studio import open_studio
from tests.core.insight.asking import answered, deck_of


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    """The entries of an honest pack."""
    folder = tmp_path_factory.mktemp("honest")
    studio = open_studio(load({"STUDIO_DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}, None))
    try:
        deck = deck_of(studio, answered(studio, iterations=4))
        (folder / "pack.zip").write_bytes(discover()["zip"].whole(deck, studio.blobs))
    finally:
        studio.close()
    found = verify(folder / "pack.zip")
    assert found.ok
    assert found.match > 5
    with zipfile.ZipFile(folder / "pack.zip") as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def forged(entries, tmp_path, deck):
    """A pack with this deck and a manifest that fits."""
    made = entries | {"deck.json": json.dumps(deck).encode()}
    hashes = {
        name: {"sha256": hashlib.sha256(data).hexdigest()}
        for name, data in made.items()
        if name != "manifest.json"
    }
    made["manifest.json"] = json.dumps({"entries": hashes}).encode()
    with zipfile.ZipFile(tmp_path / "forged.zip", "w") as zipped:
        for name, data in made.items():
            zipped.writestr(name, data)
    return tmp_path / "forged.zip"


def number(deck):
    return next(
        claim
        for claim in deck["claims"].values()
        if isinstance(claim["value"], int | float) and claim["evidence"]["style"] == "number"
    )


def rewrite(claim):
    claim["text"] = written(claim["value"], Evidence(**claim["evidence"]), claim["unit"])


def scale(deck):
    number(deck)["evidence"]["scale"] *= 2
    rewrite(number(deck))


def unit(deck):
    number(deck)["unit"] = "million USD"
    rewrite(number(deck))


def label(deck):
    number(deck)["label"] = "Profit of another firm"


def value(deck):
    number(deck)["value"] += 1
    rewrite(number(deck))


def counts(deck):
    deck["method"]["tests"] = dict.fromkeys(deck["method"]["tests"], 0) | {"more": 1}


def threshold(deck):
    deck["method"]["q_max"] = 0.9


def source(deck):
    for one in deck["sources"]:
        one["hash"] = "0" * 64


def query(deck):
    for one in deck["queries"].values():
        one["sql"] = "SELECT * FROM read_text('/etc/passwd')"
        one["sql_hash"] = hashlib.sha256(one["sql"].encode()).hexdigest()
    for claim in deck["claims"].values():
        claim["evidence"]["sql_hash"] = one["sql_hash"]


def recipe(deck):
    """The recipe is said to be another, so that nobody can run it again."""
    for look in deck["looks"]:
        look["version"] = "0" * 64
    deck["receipts"] = []
    scale(deck)


def encoding(deck):
    for one in deck["sources"]:
        one["options"]["encoding"] = "zip"


@pytest.mark.parametrize(
    "edit", [scale, unit, label, value, counts, threshold, source, query, recipe, encoding]
)
def test_an_edited_deck_is_caught_though_its_manifest_fits(entries, tmp_path, edit):
    deck = json.loads(entries["deck.json"])
    edit(deck)
    found = verify(forged(entries, tmp_path, deck))
    assert not found.ok
    assert "root:" not in found.model_dump_json()


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        yield from places(item, (*path, key))


ODD = [None, -1, 10**30, 1e308, "", "x" * 5_000, "\x00", [], {}, [[]], True, "../../etc/passwd"]


@pytest.mark.parametrize("seed", range(25))
def test_nonsense_anywhere_in_a_deck_is_an_error_we_know(entries, tmp_path, seed):
    deck, dice = json.loads(entries["deck.json"]), random.Random(seed)
    for path in dice.sample([path for path in places(deck) if path], 2):
        at = deck
        try:
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = dice.choice(ODD)
        except (KeyError, IndexError, TypeError):
            continue  # the first change took the second's place away
    with suppress(StudioError):
        assert verify(forged(entries, tmp_path, deck)).claims
