"""Tables for recipes: the sample shop, and small ones made on the spot."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.land import land
from core.data.tables import open_tables
from core.tools.tool import discover

SAMPLE = Path(__file__).parents[3] / "data" / "samples" / "coffee_sales.csv"


@pytest.fixture(scope="session")
def tools():
    return discover()


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory):
    out = tmp_path_factory.mktemp("shop") / "sales.parquet"
    land(SAMPLE, SAMPLE.name, out)
    return out


@pytest.fixture
def shop(shop_file):
    with open_tables({"sales": shop_file}) as tables:
        yield tables


@pytest.fixture
def made(tmp_path):
    opened = []

    def make(columns, name="t"):
        path = tmp_path / f"{len(opened)}.parquet"
        pq.write_table(pa.table(columns), path)
        opened.append(open_tables({name: path}))
        return opened[-1]

    yield make
    for tables in opened:
        tables.close()


@pytest.fixture(scope="session")
def resolved():
    """Every figure of an outcome with its value; raises KeyError if one points nowhere."""

    def values(outcome):
        return {
            (finding.key, name): outcome.queries[item.query].grid.cell(item.where, item.column)
            for finding in outcome.findings
            for name, item in finding.figures.items()
        }

    return values
