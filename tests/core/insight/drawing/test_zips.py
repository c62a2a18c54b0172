"""Zips with the same content have the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from core.insight.drawing.zips import pack, still

AT = datetime(2026, 1, 5, tzinfo=UTC)


def test_the_same_entries_give_the_same_bytes_without_a_clock():
    made = pack([("a.txt", b"1"), ("b/c.txt", b"2" * 1000)])
    assert made == pack([("a.txt", b"1"), ("b/c.txt", b"2" * 1000)])
    infos = zipfile.ZipFile(io.BytesIO(made)).infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}


def test_an_office_files_clocks_are_set_in_embedded_workbooks_too():
    core = b"<x><dcterms:created a='b'>2020-02-02T00:00:00Z</dcterms:created></x>"
    inner = pack([("docProps/core.xml", core)])
    made = still(pack([("docProps/core.xml", core), ("ppt/embeddings/b.xlsx", inner)]), AT)
    with zipfile.ZipFile(io.BytesIO(made)) as outer:
        assert b"2026-01-05T00:00:00Z" in outer.read("docProps/core.xml")
        with zipfile.ZipFile(io.BytesIO(outer.read("ppt/embeddings/b.xlsx"))) as book:
            assert b"2026-01-05T00:00:00Z" in book.read("docProps/core.xml")
