"""The proof again, on tables of many other shapes: noise stays silent, what is there is found."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.tables import open_tables
from core.insight.receipts import Look, receive
from core.tools.periods import OnePeriod
from core.tools.reading import read
from core.tools.tool import discover
from tests.core.insight.proofs.shapes import noise, planted

pytestmark = pytest.mark.no_cover  # figures by the million, of lines that have tests of their own
NOISE = ("iid", "heavy", "memory", "walk", "ties", "clustered")
NOISE_TABLES = 10
PLANTED = ("segment", "relation", "missing", "outlier", "trend", "step")
PLANTED_TABLES = 8
QUARTERS = 12
MISSED_MAX = 3  # of 60: the promise is 0.95
SEED = 77_001
SWEEPS = ("segments", "trend", "outliers", "relation", "missingness", "simpson")


class Table:
    """Columns as a file; what the recipes support in it."""

    def __init__(self, columns, folder):
        self.path = folder / "t.parquet"
        pq.write_table(
            pa.table({name: pa.array(v, from_pandas=True) for name, v in columns.items()}),
            self.path,
        )

    def swept(self):
        """Findings of everything every recipe can look at, as one family."""
        tools = discover()
        with open_tables({"t": self.path}) as tables:
            made = [tools[name](tables, {"table": "t"}) for name in SWEEPS]
            reading = read(tables, "t")
            for measure in reading.measures if reading.time else ():
                with suppress(OnePeriod):
                    made.append(tools["change"](tables, {"table": "t", "measure": measure}))
        return _supported(made)

    def asked(self, measure, period):
        """Findings of one question: why did it change in the last period?"""
        with open_tables({"t": self.path}) as tables:
            wanted = {"table": "t", "measure": measure, "period": period}
            return _supported([discover()["change"](tables, wanted)])


def _supported(outcomes):
    looks = [
        Look(number=i, family="one", direct=False, outcome=outcome)
        for i, outcome in enumerate(outcomes, start=1)
    ]
    return [
        (looks[int(number) - 1].outcome.recipe, key)
        for receipt in receive(looks)
        if receipt.supported
        for number, _, key in [receipt.finding.partition(".")]
    ]


def test_noise_of_other_shapes_is_silent(tmp_path):
    found = {}
    for at, kind in enumerate(NOISE):
        for number in range(NOISE_TABLES):
            columns = noise(kind, np.random.default_rng([SEED, at, number]))
            if findings := Table(columns, tmp_path).swept():
                found[kind, number] = findings
    assert len(found) <= 1, found


def test_planted_effects_in_other_shapes_are_found(tmp_path):
    missed = []
    for at, kind in enumerate(PLANTED):
        for number in range(PLANTED_TABLES):
            table = planted(kind, np.random.default_rng([SEED, 50 + at, number]))
            found = Table(table.columns, tmp_path).swept()
            if not any(recipe == table.recipe and table.word in key for recipe, key in found):
                missed.append((kind, number, found))
    for number in range(QUARTERS):
        table = planted("quarter", np.random.default_rng([SEED, 99, number]))
        found = Table(table.columns, tmp_path).asked(table.measure, "quarter")
        if not any(table.word in key for _, key in found):
            missed.append(("quarter", number, found))
    assert len(missed) <= MISSED_MAX, missed
