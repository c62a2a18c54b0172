"""JSON to columns of text. Content is tested through ../test_land.py; here, streams."""

from __future__ import annotations

import json
import tracemalloc

import pyarrow.parquet as pq
import pytest

from core.data.landing import ReadOptions
from core.data.reading import documents
from core.data.reading.staged import Place
from core.errors import Invalid


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_large_file_is_streamed(tmp_path, form):
    record = json.dumps({"a": 1, "b": "x" * 200})
    with (tmp_path / "f").open("w") as file:
        file.write("[" if form == "json" else "")
        file.write((",\n" if form == "json" else "\n").join([record] * 100_000))
        file.write("]" if form == "json" else "")
    tracemalloc.start()
    staged = documents.stage(tmp_path / "f", ReadOptions(format=form), Place(tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert staged.names == ["a", "b"]
    assert pq.read_metadata(tmp_path / "part-0.parquet").num_rows == 100_000
    assert peak < 40_000_000


def test_a_record_may_be_longer_than_a_read(tmp_path):
    (tmp_path / "f").write_text(json.dumps([{"a": "x" * 3_000_000}, {"a": 12345}]))
    documents.stage(tmp_path / "f", ReadOptions(format="json"), Place(tmp_path))
    texts = pq.read_table(tmp_path / "part-0.parquet")["c0"].to_pylist()
    assert [len(text) for text in texts] == [3_000_000, 5]


def test_something_after_the_array_is_refused(tmp_path):
    (tmp_path / "f").write_text('[{"a": 1}] {"b": 2}')
    with pytest.raises(Invalid):
        documents.stage(tmp_path / "f", ReadOptions(format="json"), Place(tmp_path))
