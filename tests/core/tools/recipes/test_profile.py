"""What core.tools.recipes.profile promises."""

from __future__ import annotations


def test_the_table_is_described_by_its_own_numbers(tools, shop, resolved):
    outcome = tools["profile"](shop, {"table": "sales"})
    values = resolved(outcome)
    assert values["size", "rows"] == shop.rows("sales")
    assert values["size", "columns"] == 9
    assert values["time", "first"] == "2024-01-01"
    assert values["time", "last"] == "2025-12-31"
    assert not outcome.tests
