"""Decisions over columns. What they do to values is in ../test_land.py."""

from __future__ import annotations

import duckdb
import pytest

from core.data.landing import NULLS, ReadOptions
from core.data.reading.exam import Examiner
from core.data.reading.types import Judge


@pytest.fixture
def decide():
    with duckdb.connect() as con:

        def decided(*columns, numbers=True, **options):
            names = [f"c{place}" for place in range(len(columns))]
            con.execute(f"CREATE OR REPLACE TABLE t ({', '.join(f'{n} VARCHAR' for n in names)})")
            marks = ", ".join("?" for _ in names)
            con.executemany(f"INSERT INTO t VALUES ({marks})", list(zip(*columns, strict=True)))
            judge = Judge(Examiner(con, "t", NULLS), ReadOptions(**options))
            return judge.decide(names, names, numbers=numbers)

        yield decided


def test_a_sure_column_settles_the_order_of_days_for_the_file(decide):
    made = decide(["13/01/2024", "14/01/2024"], ["01/02/2024", "03/04/2024"])
    assert [one.type for one in made.readings] == ["DATE", "DATE"]
    assert (made.options, made.doubts) == ({"date_order": "dmy"}, [])


def test_a_person_s_answer_settles_it_too(decide):
    made = decide(["01/02/2024", "03/04/2024"], date_order="dmy")
    assert not made.doubts


def test_dotted_days_are_day_first_without_a_question(decide):
    assert not decide(["01.02.2024", "03.04.2024"]).doubts


def test_texts_of_typed_files_become_dates_but_not_numbers(decide):
    made = decide(["1", "2"], ["2024-01-01", "2024-01-02"], numbers=False)
    assert [one.type for one in made.readings] == ["VARCHAR", "DATE"]
