"""What core.tools.recipes.simpson promises."""

from __future__ import annotations


def test_the_marketplace_looks_cheaper_until_compared_like_with_like(tools, shop, resolved):
    outcome = tools["simpson"](shop, {"table": "sales"})
    values = resolved(outcome)
    key = "revenue_by_channel_within_product_line"
    assert values[key, "segment"] == "Marketplace"
    assert values[key, "whole"] < 0 < values[key, "inside"]


def test_every_measure_and_dimension_is_counted(tools, shop):
    outcome = tools["simpson"](shop, {"table": "sales"})
    assert len(outcome.tests) == 15
    one = tools["simpson"](shop, {"table": "sales", "measure": "units", "dimension": "region"})
    assert len(one.tests) == 1
    assert not one.findings
