"""Rows to columns of text. Content is tested through ../test_land.py; here, streams."""

from __future__ import annotations

import threading
import tracemalloc

import pyarrow.parquet as pq
import pytest

from core.data.landing import ReadOptions
from core.data.reading import delimited
from core.data.reading.staged import Place
from core.errors import Cancelled, Invalid


def test_everything_is_staged_as_text(tmp_path):
    (tmp_path / "f").write_text("a,b\n1,x\n,y\n")
    staged = delimited.stage(tmp_path / "f", ReadOptions(), Place(tmp_path))
    assert staged.names == ["a", "b"]
    table = pq.read_table(tmp_path / "staged.parquet")
    assert table.to_pydict() == {"c0": ["1", None], "c1": ["x", "y"]}


def test_a_large_file_is_streamed(tmp_path):
    with (tmp_path / "f").open("w") as file:
        file.write("a,b\n")
        for number in range(800):
            file.write(f"{number},{'x' * 99}\n" * 1000)
    tracemalloc.start()
    delimited.stage(tmp_path / "f", ReadOptions(), Place(tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "f").stat().st_size > 80_000_000
    assert peak < 36_000_000  # the reader keeps some blocks ahead, however long the file


def test_a_stop_ends_it(tmp_path):
    (tmp_path / "f").write_text("a,b\n1,2\n")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        delimited.stage(tmp_path / "f", ReadOptions(), Place(tmp_path, stop))


def test_more_columns_than_can_be_read_are_refused(tmp_path):
    (tmp_path / "f").write_text(
        "," * (delimited.WIDTH_MAX + 1) + "\n" + "," * (delimited.WIDTH_MAX + 1)
    )
    with pytest.raises(Invalid) as error:
        delimited.stage(tmp_path / "f", ReadOptions(header=True, delimiter=","), Place(tmp_path))
    assert "columns" in error.value.message
