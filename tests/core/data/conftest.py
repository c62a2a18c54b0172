"""Landing some bytes and seeing what came of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.land import land
from core.data.tables import open_tables


@pytest.fixture
def give(tmp_path):
    """Land some bytes or text; the answer is the landing and the rows."""

    def landed(content, options=None, name="data.csv", encoding="utf-8"):
        path = tmp_path / "given"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        landing = land(path, name, tmp_path / "out.parquet", options)
        return landing, values(tmp_path / "out.parquet")

    return landed


def values(file: Path) -> list[list]:
    with open_tables({"t": file}) as tables:
        return tables.query("SELECT * FROM t", rows_max=1_000_000).rows
