"""Landing: once for each file and way of reading, never for another organisation."""

from __future__ import annotations

import pytest

from core.data.landing import ReadOptions
from core.errors import Invalid, NotFound
from core.insight.landings import settled, table_name, table_names
from core.storage.blobs import Source
from tests.core.insight.asking import give


def test_a_file_lands_once_and_its_profile_is_remembered(studio):
    org, source = studio.people.local().org_id, give(studio)
    first = studio.landings.land(org, source)
    landing, profile = studio.landings.profile(org, source)
    assert landing.rows == profile.rows == 12 * 27 * 2 * 2
    again = studio.landings.land(org, source)
    assert again == first
    assert studio.landings.profile(org, source)[1] == profile


def test_another_organisation_cannot_land_it(studio):
    source = give(studio)
    with pytest.raises(NotFound):
        studio.landings.land("other", source)


def test_a_landed_blob_that_was_lost_is_made_again(studio):
    org, source = studio.people.local().org_id, give(studio)
    first = studio.landings.land(org, source)
    with studio.blobs.path(first.parquet) as path:
        path.unlink()
    assert studio.landings.land(org, source).landing == first.landing
    assert studio.blobs.has(first.parquet)


def test_nothing_is_left_in_the_temporary_folder(studio):
    give_bad = give(studio, "bad.csv", b"\x00\x01\x02\x03" * 100)
    with pytest.raises(Invalid):
        studio.landings.land(studio.people.local().org_id, give_bad)
    temp = studio.settings.studio_data_dir / "tmp"
    assert list(temp.iterdir()) == []


def test_rows_are_required_to_go_on(studio):
    source = give(studio, "header.csv", b"a,b\n")
    landed = studio.landings.land(studio.people.local().org_id, source, ReadOptions())
    with pytest.raises(Invalid, match="no rows"):
        settled(landed)


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("Q4 Sales (1).csv", "q4_sales_1"),
        ("2024.csv", "t_2024"),
        ("日本.csv", "data"),
        ("x" * 300 + ".csv", "x" * 40),
        ('"; drop table--.csv', "drop_table"),
    ],
)
def test_table_names_are_plain(file, table):
    assert table_name(file) == table


def test_table_names_differ():
    sources = [Source(hash="0" * 64, name="a.csv", size_bytes=1)] * 3
    assert table_names(sources) == ["a", "a_2", "a_3"]
