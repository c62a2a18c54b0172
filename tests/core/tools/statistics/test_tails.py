"""What core.tools.statistics.tails promises."""

from __future__ import annotations

import numpy as np

from core.tools.statistics.tails import gap_in_tail


def test_heavy_tails_have_no_outliers():
    p = [
        gap_in_tail(values).p
        for rng in map(np.random.default_rng, range(60))
        for values in (rng.standard_cauchy(1_000), rng.lognormal(0, 2, 1_000), rng.normal(size=500))
    ]
    assert min(p) > 1e-4


def test_values_of_another_world_are_outliers_and_counted():
    rng = np.random.default_rng(0)
    values = rng.normal(100, 10, 2_000)
    values[:3] = [9_000, 9_500, 11_000]
    found = gap_in_tail(values)
    assert found.p < 1e-9
    assert found.count == 3
    assert (np.abs(values - found.middle) > found.beyond).sum() == 3


def test_ties_and_few_values_say_nothing():
    assert gap_in_tail(np.arange(20.0)).p == 1
    assert gap_in_tail(np.arange(1_000) % 4.0).p == 1
    assert gap_in_tail(np.array([])).p == 1


def test_outliers_among_whole_numbers_are_found():
    rng = np.random.default_rng(1)
    values = rng.normal(30, 5, 2_000).round()
    assert gap_in_tail(values).p > 1e-3
    values[:4] = [75, 80, 90, 110.5]
    found = gap_in_tail(values)
    assert found.p < 1e-4
    assert found.count == 4


def test_mostly_equal_values_have_no_outliers():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rare = np.where(rng.random(1_500) < 0.9, 0, rng.exponential(4, 1_500).round())
        assert min(gap_in_tail(rare).p, gap_in_tail(rng.poisson(0.4, 900).astype(float)).p) > 1e-4
