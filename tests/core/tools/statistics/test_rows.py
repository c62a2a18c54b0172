"""What core.tools.statistics.rows promises."""

from __future__ import annotations

import numpy as np

from core.tools.statistics.association import Verdict
from core.tools.statistics.layout import Layout, grouped
from core.tools.statistics.rows import drift_p, in_time, step_p, with_rows

N, DATES = 2_400, 60


def _rows(values, dates):
    return in_time(values, dates, Layout(len(values), [np.arange(len(values))]))


def _table(seed, shift=0.0, shock=0.0):
    """Rows in any order, on 60 dates; the last quarter of the dates is `shift` SD higher."""
    rng = np.random.default_rng(seed)
    dates = rng.integers(0, DATES, N)
    values = rng.normal(size=N) + shift * (dates >= 45) + shock * rng.normal(size=DATES)[dates]
    return values, dates


def test_half_a_standard_deviation_over_few_dates_is_found():
    found = [step_p(_rows(*_table(seed, shift=0.5)), 45) for seed in range(40)]
    assert np.mean(np.array(found) < 1e-4) >= 0.85
    tables = [_table(seed) for seed in range(40)]
    drifts = [drift_p(_rows(values + 0.7 * dates / DATES, dates)) for values, dates in tables]
    assert np.mean(np.array(drifts) < 1e-4) >= 0.85


def test_rows_of_dates_with_shocks_of_their_own_say_nothing():
    p = [step_p(_rows(*_table(seed, shock=0.5)), 45) for seed in range(40)]
    assert min(p) == 1


def test_rows_without_a_change_show_none():
    for seed in range(60):
        rows = _rows(*_table(seed))
        assert min(step_p(rows, 45), drift_p(rows)) > 1e-4


def test_a_level_that_wanders_from_date_to_date_is_no_change():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        dates = np.sort(rng.integers(0, DATES, N))
        values = rng.normal(size=N) + rng.normal(size=DATES).cumsum()[dates]
        assert min(step_p(_rows(values, dates), 45), drift_p(_rows(values, dates))) > 1e-4


def test_rows_in_another_order_say_the_same():
    values, dates = _table(5, shift=0.5)
    mixed = np.random.default_rng(0).permutation(N)
    groups = [grouped("who", np.arange(N) % 80)]
    one = in_time(values[mixed], dates[mixed], Layout(N, [], groups).keep(np.ones(N, bool)))
    assert (np.sort(one.values) == np.sort(values)).all()
    assert (np.diff(one.dates) >= 0).all()
    assert len(one.between(10, 20).values) == ((dates >= 10) & (dates < 20)).sum()
    assert one.between(10, 20).dates.max() == 9


def test_rows_without_value_or_date_and_single_rows_are_left_aside():
    values, dates = _table(6)
    values[:100] = np.nan
    dates[100:200] = -1
    assert len(_rows(values, dates).values) == N - 200
    assert drift_p(_rows(np.arange(50.0), np.arange(50))) == 1


def test_trying_both_is_paid_for():
    series = Verdict(0.01, 0.4, 60)
    assert with_rows(series, 0.001) == Verdict(0.002, 0.4, 60)
    assert with_rows(series, 0.9) == Verdict(0.02, 0.4, 60)
