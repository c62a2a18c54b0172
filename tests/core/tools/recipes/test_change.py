"""What core.tools.recipes.change promises."""

from __future__ import annotations

import hashlib
import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from core.errors import Invalid
from core.insight.receipts import Look, receive

ROOT = Path(__file__).parents[4]
WHY = {"table": "sales", "measure": "revenue", "period": "quarter"}


def _findings(outcome):
    return {finding.key: finding for finding in outcome.findings}


def _value(outcome, key, name):
    figure = _findings(outcome)[key].figures[name]
    return outcome.queries[figure.query].grid.cell(figure.where, figure.column)


def test_the_sample_is_what_its_script_writes(tmp_path):
    seed = runpy.run_path(str(ROOT / "scripts" / "seed_samples.py"))
    seed["write"](tmp_path / "again.csv")
    sample = ROOT / "data" / "samples" / "coffee_sales.csv"
    digest = [
        hashlib.sha256(path.read_bytes()).digest() for path in (sample, tmp_path / "again.csv")
    ]
    assert digest[0] == digest[1]
    assert sample.stat().st_size < 900_000


def test_why_revenue_fell_in_the_last_quarter_is_answered_with_its_story(tools, shop):
    outcome = tools["change"](shop, WHY)
    receipts = receive([Look(number=1, family="why", direct=True, outcome=outcome)])
    supported = {receipt.finding for receipt in receipts if receipt.supported}
    assert supported == {"1.change_revenue", "1.carrier_revenue", "1.opponent_revenue"}
    assert _value(outcome, "change_revenue", "period") == "2025 Q4"
    assert _value(outcome, "change_revenue", "drop") < 0
    parts = [f"part_{letter}" for letter in "abc"]
    slice_ = {_value(outcome, "carrier_revenue", part) for part in parts}
    assert slice_ == {"North", "Online", "Grinders"}
    grown = {_value(outcome, "opponent_revenue", part) for part in parts[:2]}
    assert grown == {"Store", "Brewers"}


def test_parts_by_segment_add_up_to_the_change(tools, shop):
    outcome = tools["change"](shop, WHY)
    change = _value(outcome, "level_revenue", "drop")
    key = next(key for key in _findings(outcome) if key.startswith("parts_"))
    chart = _findings(outcome)[key].chart
    grid = outcome.queries[chart.query].grid
    parts = [row[grid.columns.index("change")] for row in grid.rows]
    assert math.fsum(parts) == pytest.approx(change, rel=1e-12)
    split = [_value(outcome, "split_revenue", name) for name in ("volume", "mix", "price")]
    assert math.fsum(split) == pytest.approx(change, rel=1e-9)
    carrier = _value(outcome, "carrier_revenue", "change")
    others = _value(outcome, "carrier_revenue", "others")
    assert carrier + others == pytest.approx(change, rel=1e-9)


def test_averages_are_compared_for_prices_and_their_parts_add_up(tools, shop):
    outcome = tools["change"](shop, WHY | {"measure": "price"})
    assert any("averaged" in note for note in outcome.notes)
    change = _value(outcome, "level_price", "drop")
    key = next(key for key in _findings(outcome) if key.startswith("parts_"))
    grid = outcome.queries[_findings(outcome)[key].chart.query].grid
    parts = [row[grid.columns.index("change")] for row in grid.rows]
    assert math.fsum(parts) == pytest.approx(change, rel=1e-9)


def test_every_figure_is_a_cell_and_running_again_gives_the_same(tools, shop, resolved):
    first, second = (tools["change"](shop, WHY) for _ in range(2))
    assert resolved(first) == resolved(second)
    assert first.tests == second.tests
    assert None not in resolved(first).values()


def test_the_order_of_rows_changes_no_number(tools, shop, made, resolved):
    columns = shop.arrays("SELECT * FROM sales")
    mixed = np.random.default_rng(0).permutation(len(columns["date"]))
    shuffled = made({name: values[mixed] for name, values in columns.items()}, "sales")
    expected = resolved(tools["change"](shop, WHY))
    found = resolved(tools["change"](shuffled, WHY))
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == (pytest.approx(value) if isinstance(value, float) else value)


def test_a_named_period_and_chosen_dimensions_are_respected(tools, shop):
    outcome = tools["change"](shop, WHY | {"current": "Q2 2025", "dimensions": ["channel"]})
    assert _value(outcome, "level_revenue", "period") == "2025 Q2"
    assert "parts_revenue_channel" in _findings(outcome)
    assert len(outcome.tests) == 4  # whole, average of a row, carrier, opponent


def test_without_dates_it_says_so(tools, made):
    with pytest.raises(Invalid, match="no column of dates"):
        tools["change"](made({"x": np.arange(30.0) % 7}), {"table": "t", "measure": "x"})


def test_a_segment_named_like_sql_is_only_a_value(tools, made):
    rng = np.random.default_rng(0)
    day = np.datetime64("2024-01-01") + np.arange(730)
    evil = np.array(["it's; DROP", '"quoted" {0}', "plain"])[rng.integers(0, 3, 730)]
    lost = (day >= np.datetime64("2025-10-01")) & (evil == "it's; DROP")
    columns = {"day": day, 'k"ind': evil, "amount": np.where(lost, 0.0, rng.normal(100, 5, 730))}
    outcome = tools["change"](made(columns), {"table": "t", "measure": "amount"})
    assert _value(outcome, "carrier_amount", "part_a") == "it's; DROP"
