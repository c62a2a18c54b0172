"""What core.tools.comparison promises."""

from __future__ import annotations

import math

import pytest

from core.tools.comparison import Comparison
from core.tools.periods import Wanted

WANTED = Wanted("quarter", "2025 Q4", "2025 Q3", "2024 Q4", partial=False)


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("dimension", ["region", "channel", "product_line", "units"])
def test_segments_add_up_to_the_whole_in_sql(shop, total, dimension):
    comparison = Comparison("sales", "revenue", '"date"', WANTED, total)
    whole = shop.query(comparison.whole())
    parts = shop.query(comparison.segments(dimension, -1))
    change = parts.columns.index("change")
    assert math.fsum(row[change] for row in parts.rows) == pytest.approx(
        whole.cell({}, "change"), rel=1e-9
    )
    assert [row[parts.columns.index("rank")] for row in parts.rows] == list(
        range(1, len(parts.rows) + 1)
    )


def test_the_year_before_is_left_out_when_there_is_none(shop):
    wanted = Wanted("quarter", "2024 Q2", "2024 Q1", None, partial=False)
    grid = shop.query(Comparison("sales", "revenue", '"date"', wanted, True).whole())
    assert "year_share" not in grid.columns


def test_volume_mix_and_price_add_up(shop):
    comparison = Comparison("sales", "revenue", '"date"', WANTED, True)
    grid = shop.query(comparison.price_volume_mix("units", "product_line"))
    parts = [grid.cell({}, name) for name in ("volume", "mix", "price")]
    assert math.fsum(parts) == pytest.approx(grid.cell({}, "change"), rel=1e-9)
