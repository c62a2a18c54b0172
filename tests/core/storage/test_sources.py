"""Files people gave: an organisation sees its own and no other's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from core.storage.blobs import Folder
from core.storage.database import Database
from core.storage.migrations import migrate
from core.storage.sources import NAME_MAX, Sources, clean_name


@pytest.fixture
def sources(url, tmp_path):
    database = Database(url)
    migrate(database)
    yield Sources(database, Folder(tmp_path / "blobs"))
    database.close()


def test_what_was_given_is_listed_newest_first_and_once(sources):
    first = sources.add("acme", "ana", "a.csv", [b"a"])
    second = sources.add("acme", "ana", "dir/b.parquet", [b"b"])
    assert sources.add("acme", "bo", "a.csv", [b"a"]) == first
    assert sources.list("acme") == [second, first]
    assert sources.list("acme", limit=1) == [second]
    assert (first.media_type, second.name) == ("text/csv", "b.parquet")
    assert second.size_bytes == 1


def test_knowing_the_hash_of_anothers_file_opens_nothing(sources):
    given = sources.add("acme", "ana", "a.csv", [b"a"])
    sources.check("acme", given)
    with pytest.raises(NotFound, match=r"no file 'a\.csv'"):
        sources.check("other", given)
    assert sources.list("other") == []
    sources.add("other", "eve", "mine.csv", [b"a"])  # who has the bytes may use them
    sources.check("other", given)


@given(st.text())
def test_a_name_is_one_safe_part_of_a_path(name):
    clean = clean_name(name)
    assert 0 < len(clean) <= NAME_MAX
    assert not set(clean) & set("/\\\0\n")
    assert clean.strip(".")
    assert clean_name(clean) == clean


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("C:\\data\\sales.csv", "sales.csv"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("dir/", "file"),
        ("ventes é 2025.csv", "ventes é 2025.csv"),
        ("a" * 300 + ".csv", "a" * 196 + ".csv"),
    ],
)
def test_names_as_people_give_them(name, clean):
    assert clean_name(name) == clean
