"""What core.tools.statistics.association promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.tools.statistics.association import (
    go_together,
    levels_differ,
    move_together,
    turned,
    within_strata,
)
from core.tools.statistics.layout import Layout, grouped


def _rows(n):
    return Layout(n, [np.arange(n)])


def test_plain_p_and_effect_are_those_of_the_textbook():
    from scipy import stats

    rng = np.random.default_rng(0)
    x, codes = rng.normal(size=600), rng.integers(0, 4, 600)
    expected = stats.kruskal(*(x[codes == i] for i in range(4)))
    found = levels_differ(x, codes, _rows(600))
    assert found.p == pytest.approx(expected.pvalue)
    y = rng.normal(size=600)
    assert move_together(x, y, _rows(600)).effect == pytest.approx(stats.spearmanr(x, y)[0])
    right = (codes + rng.integers(0, 3, 600)) % 4
    table = np.bincount(codes * 4 + right, minlength=16).reshape(4, 4)
    assert go_together(codes, right, _rows(600)).p >= stats.chi2_contingency(table).pvalue


def test_half_a_standard_deviation_is_found_among_independent_rows():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 5, 2_000)
        x = rng.normal(size=2_000) + 0.5 * (codes == 2)
        assert levels_differ(x, codes, _rows(2_000)).p < 1e-5
        y = 0.27 * x + rng.normal(size=2_000)
        assert move_together(x, y, _rows(2_000)).p < 1e-5


def test_segments_that_are_constant_in_an_entity_rest_on_entities():
    rng = np.random.default_rng(4)
    entity = rng.integers(0, 30, 3_000)
    x = rng.normal(size=30)[entity] + rng.normal(size=3_000)
    codes = rng.integers(0, 3, 30)[entity]
    naive = levels_differ(x, codes, Layout(3_000, []))
    honest = levels_differ(x, codes, Layout(3_000, [], [grouped("e", entity, binding=True)]))
    assert naive.p < 1e-6
    assert honest.p > 1e-3


def test_series_with_memory_are_not_related_by_it():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(2, 1_000)).cumsum(axis=1)
        assert move_together(x, y, _rows(1_000)).p > 1e-5
        assert levels_differ(x, np.arange(1_000) // 50 % 4, _rows(1_000)).p > 1e-5


def test_clustered_categories_are_not_associated_by_their_clusters():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        cluster = np.arange(1_200) // 30
        a, b = rng.integers(0, 4, 40)[cluster], rng.integers(0, 3, 40)[cluster]
        layout = Layout(1_200, [np.arange(1_200)], [grouped("c", cluster, binding=True)])
        assert go_together(a, b, layout).p > 1e-5


def test_a_difference_that_turns_round_inside_strata_is_seen():
    rng = np.random.default_rng(1)
    strata = rng.integers(0, 2, 4_000)
    chosen = (rng.random(4_000) < 0.2 + 0.6 * strata).astype(int)
    y = 3 * strata - chosen + rng.normal(size=4_000)
    whole, inside = within_strata(y, chosen.astype(float), strata, _rows(4_000))
    assert whole.effect > 0.1
    assert inside.effect < -0.1
    assert max(whole.p, inside.p) < 1e-6
    assert list(turned(y, chosen, strata)) == [0, 1]


def test_one_level_or_no_spread_is_no_difference():
    assert levels_differ(np.arange(50.0), np.zeros(50, dtype=int), _rows(50)).p == 1
    assert levels_differ(np.ones(50), np.arange(50) % 2, _rows(50)).p == 1
    assert move_together(np.ones(50), np.arange(50.0), _rows(50)).p == 1
