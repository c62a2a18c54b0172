"""What core.tools.statistics.ranks promises."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.tools.statistics.ranks import centred_ranks, normal_scores

VALUES = st.lists(st.integers(-50, 50), min_size=2, max_size=60)


@given(VALUES)
def test_ranks_keep_order_and_are_standard(values):
    ranks = centred_ranks(np.array(values, dtype=float))
    assert abs(ranks.mean()) < 1e-9
    assert np.isclose(ranks.std(), 1) or len(set(values)) == 1
    assert all((values[i] < values[0]) == (ranks[i] < ranks[0] - 1e-12) for i in range(len(values)))


@given(VALUES)
def test_scores_do_not_depend_on_the_scale(values):
    x = np.array(values, dtype=float)
    assert np.allclose(normal_scores(x), normal_scores(np.exp(x / 10)))
