"""The proof: on pure noise there is nothing to report, and a planted effect is found."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.tables import open_tables
from core.insight.receipts import Look, receive
from core.tools.periods import OnePeriod
from core.tools.reading import read
from core.tools.tool import discover

pytestmark = pytest.mark.no_cover  # figures by the million, of lines that have tests of their own
KINDS = ("iid", "heavy", "autoregressive", "walk", "ties", "clustered")
TABLES = 20
PLANTED = ("segment", "trend", "step", "relation", "change")
PLANTED_TABLES = 9
SEED = 20_260
SWEEPS = (
    "segments", "trend", "outliers", "relation", "distribution", "missingness", "simpson",
)  # fmt: skip


def _walks(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    from scipy.signal import lfilter

    return lfilter([1.0], [1.0, -memory], rng.normal(size=n + 200))[200:]


def _measure(kind: str, rng: np.random.Generator, n: int, cluster: np.ndarray) -> np.ndarray:
    if kind == "heavy":
        return [
            lambda: rng.standard_cauchy(n),
            lambda: rng.standard_t(2, n) * 10,
            lambda: rng.lognormal(3, 1.5, n),
        ][rng.integers(3)]()
    if kind == "autoregressive":
        return 50 + 4 * _walks(rng, n, rng.choice([0.5, 0.8, 0.9, 0.95]))
    if kind == "walk":
        return 100 + np.cumsum(rng.normal(size=n))
    if kind == "ties":
        return rng.integers(0, rng.integers(2, 6), n).astype(float)
    values = rng.normal(20, 5, n)
    if kind == "clustered":
        values = values + 5 * rng.uniform(0.4, 1.5) * rng.normal(size=cluster.max() + 1)[cluster]
    return values


def noise(kind: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Columns of a table in which nothing has to do with anything."""
    n = int(rng.integers(300, 3_001))
    size = int(rng.integers(8, 41))
    cluster = np.arange(n) // size if kind == "clustered" else np.zeros(n, dtype=int)
    columns: dict[str, np.ndarray] = {}
    if rng.random() < 0.6:
        each = int(rng.choice([1, 1, 3, 10]))
        columns["day"] = np.datetime64("2022-01-01") + np.arange(n) // each
    for i in range(int(rng.integers(2, 5))):
        levels = np.array([f"{'abcdefgh'[j]}{i}" for j in range(int(rng.integers(2, 9)))])
        picked = rng.integers(0, len(levels), cluster.max() + 1)[cluster]
        columns[f"dim_{i}"] = levels[
            picked if kind == "clustered" else rng.integers(0, len(levels), n)
        ]
    for i in range(int(rng.integers(2, 6))):
        columns[f"m_{i}"] = _measure(kind, rng, n, cluster)
    if kind == "clustered" and rng.random() < 0.5:
        style = rng.integers(3)
        columns["customer_id" if style else "shop"] = (
            cluster + 1000 if style == 1 else np.array([f"c{c:04d}" for c in cluster])
        )
        if "day" not in columns:
            mixed = rng.permutation(n)
            columns = {name: values[mixed] for name, values in columns.items()}
    return columns


def sweep(columns: dict[str, np.ndarray], folder: Path) -> list[Look]:
    """Everything every recipe can look at, as one family."""
    path = folder / "t.parquet"
    pq.write_table(pa.table(columns), path)
    tools = discover()
    with open_tables({"t": path}) as tables:
        outcomes = [tools[name](tables, {"table": "t"}) for name in SWEEPS]
        reading = read(tables, "t")
        if reading.time:
            for measure in reading.measures:
                with suppress(OnePeriod):
                    outcomes.append(tools["change"](tables, {"table": "t", "measure": measure}))
    return [
        Look(number=i, family="sweep", direct=False, outcome=outcome)
        for i, outcome in enumerate(outcomes, start=1)
    ]


def supported(looks: list[Look]) -> list[str]:
    """Findings that a deck would show as discoveries."""
    return [
        f"{looks[int(r.finding.split('.')[0]) - 1].outcome.recipe}.{r.finding.split('.')[1]}"
        for r in receive(looks)
        if r.supported
    ]


def test_on_pure_noise_there_is_nothing_to_report(tmp_path):
    found = {}
    for at, kind in enumerate(KINDS):
        for number in range(TABLES):
            rng = np.random.default_rng([SEED, at, number])
            keys = supported(sweep(noise(kind, rng), tmp_path))
            if keys:
                found[kind, number] = keys
    assert len(found) <= 3, found


def planted(kind: str, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], str, str]:
    """A table of noise with one effect of half a standard deviation; the recipe and key to find."""
    n = int(rng.integers(2_000, 2_800))
    spread = float(rng.uniform(2, 20))
    value = rng.normal(40 * rng.random() + spread * 4, spread, n)
    columns: dict[str, np.ndarray] = {"day": np.datetime64("2018-01-01") + np.arange(n)}
    levels = np.array(list("abcdef"))[: int(rng.integers(2, 7))]
    columns["dim"] = levels[rng.integers(0, len(levels), n)]
    columns["other_dim"] = np.array(["x", "y", "z"])[rng.integers(0, 3, n)]
    columns["noise"] = rng.normal(size=n)
    if kind == "segment":
        value = value + 0.5 * spread * (columns["dim"] == "a")
        found = ("segments", "value_by_dim")
    elif kind == "trend":
        value = value + 0.5 * spread * np.linspace(0, 1, n)
        found = ("trend", "value")
    elif kind == "step":
        value = value + 0.5 * spread * (np.arange(n) > n * rng.uniform(0.3, 0.7))
        found = ("trend", "value")
    elif kind == "relation":
        columns["driver"] = rng.normal(size=n)
        value = value + 0.25 * spread * columns["driver"]
        found = ("relation", "value")
    else:
        columns["day"] = np.datetime64("2023-12-31") - np.arange(n)[::-1]
        last = columns["day"].astype("M8[Y]") == np.datetime64("2023")
        value = value - 0.5 * spread * last
        found = ("change", "change_value")
    columns["value"] = value
    return columns, *found


def test_planted_effects_of_half_a_standard_deviation_are_found(tmp_path):
    missed = []
    for at, kind in enumerate(PLANTED):
        for number in range(PLANTED_TABLES):
            rng = np.random.default_rng([SEED, at, number])
            columns, recipe, word = planted(kind, rng)
            keys = supported(sweep(columns, tmp_path))
            if not any(key.startswith(f"{recipe}.") and word in key for key in keys):
                missed.append((kind, number, keys))
    assert len(missed) <= 0.05 * len(PLANTED) * PLANTED_TABLES, missed
