"""Cells are counted by kind."""

from __future__ import annotations

import duckdb
import pytest

from core.data.landing import NULLS
from core.data.reading.exam import Exam, Examiner


@pytest.fixture
def examine():
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (c0 VARCHAR, c1 VARCHAR)")

        def counted(cells):
            con.executemany("INSERT INTO t VALUES (?, ?)", [[cell, None] for cell in cells])
            exams = [Exam("c0", "zero"), Exam("c1", "one")]
            examiner = Examiner(con, "t", NULLS)
            examiner.first(exams)
            return examiner, exams

        yield counted


def test_kinds_are_counted_in_one_scan_for_every_column(examine):
    _, (first, second) = examine(
        [" 1 ", "2.5", "007", "true", "n/a", "", None, "2024-05-06", "inf"]
    )
    counts = first.counts
    assert (counts["total"], counts["missing"], first.filled) == (7, 1, 6)
    assert (counts["plain"], counts["whole"], counts["code"]) == (3, 2, 1)
    assert (counts["boolean"], counts["date"], counts["endless"]) == (1, 1, 1)
    assert second.filled == 0


def test_misfits_are_shown_in_the_same_order_every_time(examine):
    examiner, (first, _) = examine(["1", "b", "a", "a", "n/a"])
    assert examiner.misfits(first, "regexp_full_match(v, '[0-9]')") == ["a", "b"]


def test_an_empty_table_counts_to_zero(examine):
    _, (first, _) = examine([[]][0:0] or [None])
    assert first.filled == 0
    assert not first.most("plain")
