"""What core.tools.recipes.outliers promises."""

from __future__ import annotations

import numpy as np


def test_a_typing_error_is_found_and_heavy_noise_is_not(tools, made, resolved):
    rng = np.random.default_rng(0)
    amount = rng.normal(100, 10, 2_000)
    amount[7] = 10_500.0
    columns = {"amount": amount, "wild": rng.standard_cauchy(2_000)}
    outcome = tools["outliers"](made(columns), {"table": "t"})
    assert [test.name for test in outcome.tests] == ["tail of amount", "tail of wild"]
    assert [finding.key for finding in outcome.findings] == ["outliers_amount"]
    values = resolved(outcome)
    assert values["outliers_amount", "count"] == 1
    assert values["outliers_amount", "furthest"] == 10_500.0
