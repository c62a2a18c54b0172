"""What core.tools.recipes.total promises."""

from __future__ import annotations

import pytest

from core.errors import Invalid


def test_totals_and_shares_are_those_of_the_rows(tools, shop, resolved):
    params = {"table": "sales", "measure": "revenue", "dimension": "region"}
    outcome = tools["total"](shop, params)
    rows = shop.query("SELECT region, sum(revenue) FROM sales GROUP BY 1 ORDER BY 2 DESC").rows
    values = resolved(outcome)
    key = "sum_revenue_by_region"
    assert values[key, "top"] == rows[0][0]
    assert values[key, "top_value"] == pytest.approx(rows[0][1])
    assert values[key, "share"] == pytest.approx(rows[0][1] / sum(row[1] for row in rows))
    assert not outcome.tests


@pytest.mark.parametrize("aggregate", ["sum", "mean", "median", "min", "max", "count"])
def test_every_aggregate_gives_one_number(tools, shop, resolved, aggregate):
    params = {"table": "sales", "measure": "units", "aggregate": aggregate}
    outcome = tools["total"](shop, params)
    assert resolved(outcome)[f"{aggregate}_units", "value"] > 0


def test_rows_are_counted_without_a_measure(tools, shop, resolved):
    outcome = tools["total"](shop, {"table": "sales", "aggregate": "count"})
    assert resolved(outcome)["count_rows", "value"] == shop.rows("sales")


def test_fewer_segments_are_shown_and_shares_stay_of_all(tools, shop, resolved):
    params = {"table": "sales", "measure": "revenue", "dimension": "product_line", "top": 2}
    outcome = tools["total"](shop, params)
    assert len(outcome.queries[1].grid.rows) == 2
    assert resolved(outcome)["sum_revenue_by_product_line", "share"] < 0.9


def test_totals_of_prices_carry_a_warning(tools, shop):
    outcome = tools["total"](shop, {"table": "sales", "measure": "price"})
    assert "may mean little" in outcome.notes[0]


def test_an_unknown_dimension_is_refused(tools, shop):
    with pytest.raises(Invalid, match="There are: 'region'"):
        tools["total"](shop, {"table": "sales", "dimension": "planet"})
