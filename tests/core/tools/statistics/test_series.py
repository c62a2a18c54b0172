"""What core.tools.statistics.series promises."""

from __future__ import annotations

import numpy as np

from core.tools.statistics.series import best_step, drift, plain_step, step, without_weekdays


def _noise(seed, n=2_000):
    return np.random.default_rng(seed).normal(size=n)


def test_half_a_standard_deviation_of_drift_or_step_is_found():
    time = np.linspace(0, 1, 2_000)
    drifts = [drift(_noise(seed) + 0.5 * time).p for seed in range(30)]
    steps = [step(_noise(seed) + 0.5 * (time > 0.7), 1_401).p for seed in range(30)]
    assert np.mean(np.array(drifts) < 1e-3) > 0.9
    assert np.mean(np.array(steps) < 1e-3) > 0.9


def test_random_walks_do_not_drift_or_step():
    for seed in range(40):
        walk = _noise(seed, 400).cumsum()
        assert min(drift(walk).p, step(walk, 300).p, best_step(walk)[0].p) > 1e-5


def test_slow_series_under_noise_do_not_drift_or_step():
    for seed in range(40):
        slow = _noise(seed, 300).cumsum() + 2 * _noise(seed + 1_000, 300)
        assert min(drift(slow).p, step(slow, 240).p) > 1e-5


def test_the_best_step_is_near_the_step():
    found, at = best_step(_noise(1) + (np.arange(2_000) > 1_000))
    assert abs(at - 1_000) <= 100
    assert found.p < 1e-6
    assert found.effect > 0


def test_a_second_opinion_needs_no_long_history():
    assert plain_step(_noise(2, 60) - 2 * (np.arange(60) >= 30), 30).p < 1e-4
    assert plain_step(_noise(2, 60), 0).p == 1


def test_a_weekly_pattern_is_taken_out_and_the_level_stays():
    values = 10 + np.tile([0, 0, 0, 0, 0, 5, 5], 20).astype(float)
    assert np.allclose(without_weekdays(values, 7), values.mean())


def test_too_short_or_constant_series_say_nothing():
    assert drift(np.ones(100)).p == 1
    assert drift(np.arange(5.0)).p == 1
    assert step(_noise(0, 10), 2).p == 1
    assert best_step(_noise(0, 10))[0].p == 1
