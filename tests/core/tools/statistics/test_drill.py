"""What core.tools.statistics.drill promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tools.statistics.drill import carrier, opponent, weights

ROWS = st.lists(
    st.tuples(st.integers(-1_000, 1_000), st.integers(0, 2), st.integers(0, 3)),
    min_size=4,
    max_size=80,
)


@given(ROWS)
def test_parts_add_up_to_the_change_exactly(rows):
    values, period, codes = (np.array(column) for column in zip(*rows, strict=True))
    now, then = period == 1, period == 0
    parts = weights(values.astype(float), now, then, total=True)
    assert np.bincount(codes, weights=parts).sum() == values[now].sum() - values[then].sum()
    if now.any() and then.any():
        parts = weights(values.astype(float), now, then, total=False)
        assert np.bincount(codes, weights=parts).sum() == pytest.approx(
            values[now].mean() - values[then].mean(), abs=1e-6
        )


def _shop():
    rng = np.random.default_rng(0)
    n = 8_000
    codes = {"region": rng.integers(0, 4, n), "channel": rng.integers(0, 3, n)}
    now = np.arange(n) >= n // 2
    values = np.full(n, 10.0)
    values[now & (codes["region"] == 1) & (codes["channel"] == 2)] = 0
    return values, now, codes


def test_the_slice_that_carries_the_change_is_found():
    values, now, codes = _shop()
    parts = weights(values, now, ~now, total=True)
    found = carrier(parts, values * ~now, codes)
    assert found.path == {"region": 1, "channel": 2}
    assert found.change == pytest.approx(parts[found.rows].sum())
    assert found.tried >= 12


def test_a_change_spread_evenly_has_no_carrier():
    values, now, codes = _shop()
    values = np.where(now, 9.0, 10.0)
    parts = weights(values, now, ~now, total=True)
    assert carrier(parts, values * ~now, codes) is None


def test_the_slice_that_moves_against_the_change_is_found():
    values, now, codes = _shop()
    values = np.where(now & (codes["channel"] == 0), 13.0, values * np.where(now, 0.7, 1.0))
    parts = weights(values, now, ~now, total=True)
    assert "channel" in opponent(parts, values * ~now, codes).path
