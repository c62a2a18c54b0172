"""The research pack: everything listed, nothing that runs, the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import zipfile

import pytest

from core.insight.exports.pack import DATA_BYTES_MAX, data_files, grid_csv, write_pack
from core.insight.slides import Deck
from core.tools.evidence import Grid


@pytest.fixture(scope="module")
def made(shop_at):
    return zipfile.ZipFile(io.BytesIO(write_pack(shop_at.deck(), shop_at.blobs)))


def test_the_manifest_lists_each_entry_with_its_hash(made):
    listed = json.loads(made.read("manifest.json"))["entries"]
    assert set(listed) == set(made.namelist()) - {"manifest.json"}
    for name, one in listed.items():
        assert hashlib.sha256(made.read(name)).hexdigest() == one["sha256"]


def test_deck_slides_evidence_and_data_are_inside(made, shop_at):
    names = set(made.namelist())
    assert {"README.txt", "deck.json", "deck.html", "deck.pptx", "sources.json"} <= names
    assert Deck.model_validate_json(made.read("deck.json")) == shop_at.deck()
    assert made.read("data/1-sales.csv") == shop_at.file.read_bytes()
    assert {"evidence/q1.1.sql", "evidence/q1.1.csv"} <= names
    (source,) = json.loads(made.read("sources.json"))
    assert source["hash"] == shop_at.hash
    assert source["options"]["delimiter"] == ","
    assert source["file"] == "data/1-sales.csv"


def test_the_readme_says_how_to_verify(made):
    text = made.read("README.txt").decode()
    assert "python -m core verify" in text
    assert "--data sales.csv" in text


def test_evidence_cells_are_no_formulas(made):
    rows = list(csv.reader(io.StringIO(made.read("evidence/q1.2.csv").decode())))
    regions = [row[0] for row in rows]
    assert "'=cmd|'x'!A1" in regions
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_numbers_stay_numbers_and_nested_values_are_json():
    text = grid_csv(Grid(columns=["a", "=b"], rows=[[-1.5, "-x"], [None, [1, "é"]]]))
    assert text.splitlines() == ["a,'=b", "-1.5,'-x", ',"[1, ""é""]"']


def test_large_or_missing_sources_are_listed_and_not_included(shop_at):
    deck = shop_at.deck()
    assert data_files(deck, None) == {}
    large = deck.model_copy(deep=True)
    large.sources[0].size_bytes = DATA_BYTES_MAX + 1
    assert data_files(large, shop_at.blobs) == {}
    pack = zipfile.ZipFile(io.BytesIO(write_pack(large, shop_at.blobs)))
    assert not any(name.startswith("data/") for name in pack.namelist())
    assert json.loads(pack.read("sources.json"))[0]["file"] is None


def test_a_hostile_file_name_stays_in_the_pack(shop_at):
    deck = shop_at.deck().model_copy(deep=True)
    deck.sources[0].name = "../../etc/pass\x00wd; rm -rf.csv"
    (name,) = data_files(deck, shop_at.blobs).values()
    assert name == "data/1-etc_pass_wd_rm_-rf.csv"


def test_the_same_deck_gives_the_same_bytes(shop_at):
    first = write_pack(shop_at.deck(), shop_at.blobs)
    time.sleep(2.1)
    assert write_pack(shop_at.deck(), shop_at.blobs) == first
