"""What core.tools.timeline promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.tools.reading import read
from core.tools.timeline import timeline


def _line(made, moments, values):
    reading = read(made({"when": moments, "x": values}), "t")
    return reading, timeline(reading)


def test_totals_fill_days_without_rows_and_means_skip_them(made):
    days = np.datetime64("2024-01-01") + np.array([0, 0, *range(2, 30)])
    reading, line = _line(made, days, np.arange(30.0) + 1)
    assert (line.grain, line.count, line.one_each) == ("day", 30, False)
    assert list(line.totals(reading.measures["x"])[:3]) == [3, 0, 3]
    assert list(line.means(reading.measures["x"])[:3]) == [1.5, 3, 4]
    assert line.date(1, total=False, values=reading.measures["x"]) == "2024-01-03"
    assert line.date(1, total=True, values=reading.measures["x"]) == "2024-01-02"


@pytest.mark.parametrize(
    ("moments", "grain"),
    [
        (np.datetime64("2024-01-01T00") + np.arange(48), "hour"),
        (np.datetime64("2024-01-01") + 7 * np.arange(60), "week"),
        (np.arange("2010-01", "2015-01", dtype="M8[M]").astype("M8[D]"), "month"),
    ],
)
def test_the_finest_even_grain_is_used(made, moments, grain):
    moments = moments.astype("M8[s]")
    assert _line(made, moments, np.arange(len(moments)) * 1.0)[1].grain == grain


def test_the_sql_of_a_bucket_is_the_bucket(made):
    days = (np.datetime64("2024-01-03") + 7 * np.arange(60)).astype("M8[s]")
    tables = made({"when": days, "x": np.arange(60.0)})
    line = timeline(read(tables, "t"))
    found = tables.query(f"SELECT DISTINCT {line.bucket_sql} AS b FROM t ORDER BY b").rows
    assert [row[0] for row in found] == [str((line.first + i).astype("M8[D]")) for i in range(60)]


def test_no_dates_no_timeline(made):
    assert timeline(read(made({"x": np.arange(30.0) % 4}), "t")) is None
