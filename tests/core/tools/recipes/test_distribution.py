"""What core.tools.recipes.distribution promises."""

from __future__ import annotations

import numpy as np
import pytest


def test_the_spread_is_that_of_the_values(tools, made, resolved):
    values = np.random.default_rng(0).lognormal(2, 1, 500)
    outcome = tools["distribution"](made({"x": values}), {"table": "t"})
    found = resolved(outcome)
    assert found["spread_x", "median"] == pytest.approx(np.median(values))
    assert found["spread_x", "lower"] == pytest.approx(np.quantile(values, 0.25))
    assert found["spread_x", "known"] == 500
    assert not outcome.tests


def test_the_histogram_holds_every_row(tools, made):
    outcome = tools["distribution"](made({"x": np.arange(101.0) * 3}), {"table": "t"})
    grid = outcome.queries[outcome.findings[0].chart.query].grid
    assert sum(row[grid.columns.index("rows")] for row in grid.rows) == 101
    assert len(grid.rows) == 20
