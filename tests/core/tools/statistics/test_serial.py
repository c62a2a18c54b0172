"""What core.tools.statistics.serial promises."""

from __future__ import annotations

import numpy as np

from core.tools.statistics.serial import remembers, whiten


def _memory(values):
    return float(np.corrcoef(values[20:-1], values[21:])[0, 1])


def _series(memory, n=1_500, seed=0):
    rng = np.random.default_rng(seed)
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = memory * values[i - 1] + rng.normal()
    return values


def test_memory_is_noticed_and_noise_is_not():
    assert remembers(_series(0.5))
    assert not remembers(_series(0.0, seed=3))


def test_whitening_takes_the_memory_out():
    for memory in (0.5, 0.9, 1.0):
        assert abs(_memory(whiten(_series(memory)))) < 0.1


def test_two_random_walks_look_related_until_they_are_whitened():
    raw, clean = [], []
    for seed in range(20):
        a, b = _series(1.0, seed=2 * seed), _series(1.0, seed=2 * seed + 1)
        raw.append(abs(np.corrcoef(a, b)[0, 1]))
        clean.append(abs(np.corrcoef(whiten(a), whiten(b))[0, 1]))
    assert np.mean(raw) > 0.25
    assert np.max(clean) < 0.12


def test_constant_values_have_no_memory():
    assert not remembers(np.ones(50))
    assert np.allclose(whiten(np.ones(50)), 0)


def test_chance_is_taken_for_memory_in_less_than_one_of_a_hundred_series():
    rng = np.random.default_rng(8)
    found = [remembers(rng.normal(size=1_200)) for _ in range(2_000)]
    assert np.mean(found) < 0.01


def test_a_slow_series_under_much_noise_is_noticed_though_no_single_lag_stands_out():
    rng = np.random.default_rng(9)
    slow = [_series(0.97, n=1_200, seed=seed) for seed in range(40)]
    found = [remembers(0.35 * one / one.std() + rng.normal(size=1_200)) for one in slow]
    assert np.mean(found) > 0.9
