"""Parquet described. Values are tested through ../test_land.py."""

from __future__ import annotations

import duckdb
import pytest

from core.data.landing import ReadOptions
from core.data.reading import columnar
from core.data.reading.staged import Place
from core.errors import Invalid


def test_structs_are_flat_and_types_are_few(tmp_path):
    file = tmp_path / "it's.parquet"
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t AS SELECT {'x y': 1, 'b': [1]} AS s, 1.5::DECIMAL(9, 1) AS d")
        con.execute(f"COPY t TO '{str(file).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    staged = columnar.stage(file, ReadOptions(format="parquet"), Place(tmp_path))
    assert staged.names == ["s.x y", "s.b", "d"]
    assert staged.types == ["BIGINT", "VARCHAR", "DOUBLE"]


def test_a_file_cut_short_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "f").write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(Invalid) as error:
        columnar.stage(tmp_path / "f", ReadOptions(format="parquet"), Place(tmp_path))
    assert error.value.hint
