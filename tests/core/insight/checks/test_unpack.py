"""A pack from anywhere is read without harm, or refused with a sentence."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest

from core.errors import Invalid
from core.insight.checks import unpack as unpacking
from core.insight.checks.unpack import unpack
from core.insight.exports.pack import write_pack


@pytest.fixture(scope="module")
def entries(shop_at):
    with zipfile.ZipFile(io.BytesIO(write_pack(shop_at.deck(), shop_at.blobs))) as made:
        return {name: made.read(name) for name in made.namelist()}


def _write(path, entries, *, manifest=True, compress=zipfile.ZIP_DEFLATED):
    entries = dict(entries)
    if manifest:
        listed = {
            name: {"sha256": hashlib.sha256(data).hexdigest()}
            for name, data in entries.items()
            if name != "manifest.json"
        }
        entries["manifest.json"] = json.dumps({"entries": listed}).encode()
    with zipfile.ZipFile(path, "w", compress) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return path


def _refused(path, into, word):
    with pytest.raises(Invalid, match=word) as caught:
        unpack(path, into)
    assert caught.value.hint


def test_a_pack_gives_its_deck_and_its_files_under_our_own_names(tmp_path, entries, shop_at):
    made = unpack(_write(tmp_path / "p.zip", entries), tmp_path)
    assert made.deck == shop_at.deck()
    ((name, path),) = made.files
    assert name == "sales.csv"
    assert path.parent == tmp_path
    assert path.read_bytes() == shop_at.file.read_bytes()


def test_what_is_no_zip_is_refused(tmp_path, entries):
    (tmp_path / "a.zip").write_bytes(b"PK but no")
    _refused(tmp_path / "a.zip", tmp_path, "not a research pack")
    _refused(tmp_path / "none.zip", tmp_path, "no file")
    whole = _write(tmp_path / "p.zip", entries).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    _refused(tmp_path / "half.zip", tmp_path, "not a research pack")


@pytest.mark.parametrize(
    "name", ["../evil", "data/../../evil", "/etc/evil", "a\\..\\evil", "C:evil", "folder/"]
)
def test_entries_that_point_outside_are_refused(tmp_path, entries, name):
    pack = _write(tmp_path / "p.zip", {**entries, name: b"x"})
    _refused(pack, tmp_path, "points outside")


def test_a_link_is_refused(tmp_path, entries):
    pack = _write(tmp_path / "p.zip", entries)
    with zipfile.ZipFile(pack, "a") as made:
        link = zipfile.ZipInfo("data/link")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    _refused(pack, tmp_path, "points outside")


@pytest.mark.parametrize("name", ["deck.json", "manifest.json"])
def test_a_missing_part_is_named(tmp_path, entries, name):
    left = {key: data for key, data in entries.items() if key != name}
    _refused(_write(tmp_path / "p.zip", left, manifest=False), tmp_path, name)


def test_files_the_manifest_does_not_know_or_that_are_gone_are_refused(tmp_path, entries):
    extra = _write(tmp_path / "a.zip", {**entries, "extra.txt": b"x"}, manifest=False)
    _refused(extra, tmp_path, "does not list")
    left = {key: data for key, data in entries.items() if key != "deck.html"}
    _refused(_write(tmp_path / "b.zip", left, manifest=False), tmp_path, "lacks 'deck.html'")


def test_a_changed_file_is_refused(tmp_path, entries):
    changed = {**entries, "deck.html": entries["deck.html"] + b" "}
    _refused(_write(tmp_path / "p.zip", changed, manifest=False), tmp_path, "was changed")


def test_two_entries_of_one_name_are_refused(tmp_path, entries):
    pack = _write(tmp_path / "p.zip", entries)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(pack, "a") as made:
        made.writestr("deck.json", b"{}")
    _refused(pack, tmp_path, "two entries")


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"version": 1}', b"[" * 100_000, b"\xff\xfe", b"null"]
)
def test_a_forged_deck_is_refused(tmp_path, entries, raw):
    _refused(_write(tmp_path / "p.zip", {**entries, "deck.json": raw}), tmp_path, "not valid")


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"entries": 3}', b'{"entries": {"a": 1}}', b"\xff"])
def test_a_forged_manifest_is_refused(tmp_path, entries, raw):
    pack = _write(tmp_path / "p.zip", {**entries, "manifest.json": raw}, manifest=False)
    _refused(pack, tmp_path, "manifest cannot be read")


def test_a_zip_bomb_is_refused_before_it_fills_anything(tmp_path, entries, monkeypatch):
    monkeypatch.setattr(unpacking, "TOTAL_BYTES_MAX", 3_000_000)
    pack = _write(tmp_path / "p.zip", {**entries, "data/1-bomb": b"0" * 5_000_000})
    _refused(pack, tmp_path, "too large")


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks(
    tmp_path, entries, monkeypatch
):
    monkeypatch.setattr(unpacking, "DECK_BYTES_MAX", 1_000)
    _refused(_write(tmp_path / "p.zip", entries), tmp_path, "unpacks to more")
    monkeypatch.setattr(unpacking, "DECK_BYTES_MAX", 64_000_000)
    pack = _write(tmp_path / "q.zip", {**entries, "data/2-b": b"7" * 2_000_000})
    raw = pack.read_bytes().replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    pack.write_bytes(raw)
    with pytest.raises(Invalid):
        unpack(pack, tmp_path)


def test_too_many_entries_are_refused(tmp_path, entries, monkeypatch):
    monkeypatch.setattr(unpacking, "ENTRIES_MAX", 5)
    _refused(_write(tmp_path / "p.zip", entries), tmp_path, "too large")
