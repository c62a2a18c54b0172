"""What core.tools.statistics.layout promises."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.tools.statistics.layout import Layout, block_sizes, grouped, runs, stretched


@given(st.integers(40, 3_000))
def test_blocks_cover_every_row_once_per_size(n):
    layout = Layout(n, [np.arange(n)])
    assert len(layout.blocks) == len(block_sizes(n))
    for groups in layout.units():
        assert len(groups.codes) == n
        assert set(groups.codes) == set(range(groups.count))


@given(st.lists(st.booleans(), min_size=60, max_size=200))
def test_leaving_rows_out_keeps_orders_permutations(flags):
    mask = np.array(flags)
    n = len(mask)
    kept = Layout(n, [np.arange(n)[::-1]], [grouped("g", np.arange(n) // 7)]).keep(mask)
    assert kept.n == mask.sum()
    assert sorted(kept.orders[0]) == list(range(kept.n))
    assert all(len(groups.codes) == kept.n for groups in kept.groups)


def test_runs_number_equal_neighbours():
    assert list(runs(np.array([3, 3, 1, 3, 3]))) == [0, 0, 1, 2, 2]


def test_stretches_are_found_in_sorted_rows_only():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 400)
    assert stretched(codes) is None
    assert stretched(np.sort(codes)).count == 4


def test_more_groups_share_the_blocks():
    layout = Layout(100, [np.arange(100)])
    more = layout.plus([grouped("g", np.arange(100) % 9)])
    assert more.blocks is layout.blocks
    assert len(more.units()) == len(layout.units()) + 1
