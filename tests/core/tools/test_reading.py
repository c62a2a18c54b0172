"""What core.tools.reading promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Invalid
from core.tools.reading import adds_up, read

N = 400


def _columns(rng):
    store = rng.integers(0, 20, N)
    return {
        "row": np.arange(N),
        "day": np.datetime64("2024-01-01") + np.arange(N) // 4,
        "store": np.array([f"s{i:02d}" for i in store]),
        "region": np.array([f"r{i % 4}" for i in store]),
        "kind": np.array(["a", "b"])[rng.integers(0, 2, N)],
        "amount": rng.lognormal(3, 1, N),
        "customer_id": rng.integers(0, 90, N),
        "constant": np.ones(N),
    }


def test_roles_follow_from_the_values(made):
    reading = read(made(_columns(np.random.default_rng(0))), "t")
    assert list(reading.measures) == ["amount"]
    assert list(reading.dimensions) == ["region", "kind"]
    assert set(reading.entities) == {"store", "customer_id"}
    assert reading.time == "day"


def test_rows_of_one_entity_or_date_are_held_together(made):
    reading = read(made(_columns(np.random.default_rng(0))), "t")
    assert {"store", "customer_id", "dates"} <= {group.name for group in reading.layout.groups}


def test_an_entity_is_compared_only_when_asked_for(made):
    reading = read(made(_columns(np.random.default_rng(0))), "t")
    assert reading.dimension_names([]) == ["region", "kind"]
    assert reading.dimension_names(["STORE"]) == ["store"]


def test_unknown_columns_are_refused_with_what_there_is(made):
    tables = made(_columns(np.random.default_rng(0)))
    reading = read(tables, "t")
    with pytest.raises(Invalid, match="There are: 'amount'"):
        reading.measure_names("revenue")
    with pytest.raises(Invalid, match="no column 'when'"):
        read(tables, "t", "when")


def test_missing_and_infinite_values_are_counted_as_missing(made):
    values = [1.0, float("inf"), None, float("nan"), *range(60)]
    reading = read(made({"x": values, "d": [None, *["a", "b"] * 31, "a"]}), "t")
    assert reading.missing == {"x": 3, "d": 1}


@pytest.mark.parametrize(
    ("text", "moments"),
    [(["2024-01", "2024-02"] * 20, 2), (["2024-Q1", "2024-Q2"] * 20, 2), (["2024-01-05"] * 20, 0)],
)
def test_texts_that_are_periods_are_time(made, text, moments):
    reading = read(made({"when": text, "x": np.arange(len(text)) % 7.0}), "t")
    assert (reading.time == "when") is bool(moments)


def test_clustered_rows_without_an_identifier_are_noticed(made):
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(40), 10)
    columns = {f"d{i}": np.array(list("abcd"))[rng.integers(0, 4, 40)][cluster] for i in range(2)}
    reading = read(made(columns | {"x": rng.normal(size=N)}), "t")
    assert [group.binding for group in reading.layout.groups if group.name == "stretches"] == [True]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [("revenue", [1, 2], True), ("unit_price", [1, 200], False), ("x", [0.1, 0.5], False),
     ("x", [-1, 5], False), ("x", [1, 50], True), ("margin_pct", [1, 2], False)],
)  # fmt: skip
def test_rates_prices_and_levels_are_not_added_up(name, values, expected):
    assert adds_up(name, np.array(values, dtype=float)) is expected
