"""Files find the sources they stand for: by hash, then by name, then by columns."""

from __future__ import annotations

from core.insight.checks.supply import Supply


def _supply(shop_at, files, tmp_path):
    return Supply(shop_at.deck(), files, tmp_path)


def test_the_same_bytes_are_found_whatever_their_name(shop_at, tmp_path):
    made = _supply(shop_at, [("other.csv", shop_at.file)], tmp_path)
    assert made.unchanged
    assert list(made.tables) == ["sales"]
    assert made.notes == []


def test_then_the_name_counts(shop_at, tmp_path):
    changed = tmp_path / "sales.csv"
    changed.write_text(shop_at.file.read_text() + "2025-12-31,North,10.00\n")
    made = _supply(shop_at, [("x.csv", tmp_path / "none"), ("SALES.csv", changed)], tmp_path)
    assert not made.unchanged
    assert list(made.tables) == ["sales"]
    assert "other bytes" in made.notes[0]


def test_then_the_columns_count(shop_at, tmp_path):
    other = tmp_path / "q4.csv"
    other.write_text(shop_at.file.read_text() + "2025-12-31,North,10.00\n")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    made = _supply(shop_at, [("wrong.csv", wrong), ("q4.csv", other)], tmp_path)
    assert list(made.tables) == ["sales"]
    assert "q4.csv was taken" in made.notes[0]


def test_an_exact_file_goes_to_its_own_source_first(shop_at, tmp_path):
    deck = shop_at.deck().model_copy(deep=True)
    twin = deck.sources[0].model_copy(update={"table": "other", "hash": "0" * 64})
    deck.sources.insert(0, twin)
    made = Supply(deck, [("sales.csv", shop_at.file)], tmp_path)
    assert list(made.tables) == ["sales"]
    assert "was not given" in made.missing["0" * 64]


def test_one_file_stands_for_two_sources_of_the_same_bytes(shop_at, tmp_path):
    deck = shop_at.deck().model_copy(deep=True)
    deck.sources.append(deck.sources[0].model_copy(update={"table": "again"}))
    made = Supply(deck, [("sales.csv", shop_at.file)], tmp_path)
    assert sorted(made.tables) == ["again", "sales"]
    assert made.unchanged


def test_a_file_that_cannot_be_read_says_why(shop_at, tmp_path):
    bad = tmp_path / "sales.csv"
    bad.write_bytes(b"")
    made = _supply(shop_at, [("sales.csv", bad)], tmp_path)
    assert made.tables == {}
    assert "cannot be read as before" in next(iter(made.missing.values()))
