"""Tables of many shapes: with and without dates and ids, sorted or not, even and skewed segments.

`noise` makes tables in which nothing has to do with anything, `planted` tables with one effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NAMES = ("revenue", "score", "price", "minutes", "x1", "margin")
DIMENSIONS = ("region", "plant", "tier", "line")
DAY = np.datetime64("2020-03-05")


def recalled(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    """Standard normal shocks that fade by `memory` from one row to the next; one never fades."""
    from scipy.signal import lfilter

    warm = 0 if memory == 1 else 300
    return lfilter([1.0], [1.0, -memory], rng.normal(size=n + warm))[warm:]


def segments(rng: np.random.Generator, n: int) -> np.ndarray:
    """2 to 40 segments, evenly or very unevenly large."""
    count = int(rng.choice([2, 3, 5, 12, 40]))
    size = 1 / np.arange(1, count + 1) ** rng.choice([0, 0.5, 1.5])
    return rng.choice(count, n, p=size / size.sum())


def dates(rng: np.random.Generator, n: int, style: str) -> np.ndarray:
    """Sorted dates: `even` rows a date, `random` days of up to three years, months, or moments."""
    days = int(rng.choice([365, 730, 1_095]))
    if style == "even":
        return DAY + np.arange(n) * days // n
    if style == "month":
        return (DAY.astype("M8[M]") + np.sort(rng.integers(0, days // 30, n))).astype("M8[D]")
    if style == "moment":
        return DAY.astype("M8[s]") + np.sort(rng.integers(0, days * 86_400, n))
    return DAY + np.sort(rng.integers(0, days, n))


def _noisy(kind: str, rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    n = len(groups)
    made = {
        "iid": lambda: [rng.normal(50, 9, n).round(), rng.exponential(8, n), rng.uniform(size=n)],
        "heavy": lambda: [
            rng.standard_t(1.5, n), rng.lognormal(2, 1.5, n), rng.pareto(1.1, n), rng.normal(size=n)
        ],
        "memory": lambda: [5 + 3 * recalled(rng, n, m) for m in (0.3, 0.6, 0.9, 0.98)],
        "walk": lambda: [200 + scale * recalled(rng, n, 1.0) for scale in (0.1, 5.0)],
        "ties": lambda: [
            rng.integers(0, 5, n), rng.random(n) < 0.1, rng.poisson(0.4, n),
            np.where(rng.random(n) < 0.9, 0, rng.exponential(4, n).round()),
        ],
        "clustered": lambda: [
            rng.normal(50, 5, n) + 5 * size * rng.normal(size=n)[groups] for size in (0.4, 1.0, 2.0)
        ],
    }[kind]()  # fmt: skip
    return made[rng.integers(len(made))].astype(float)


def noise(kind: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A table of 200 to 3,000 rows in which nothing has to do with anything."""
    n = int(np.exp(rng.uniform(np.log(200), np.log(3_000))))
    groups = np.arange(n) // int(rng.integers(5, min(50, n // 12)))
    held = kind == "clustered"
    columns: dict[str, np.ndarray] = {}
    if rng.random() < 0.4:
        columns["id"] = np.arange(n) + 17
    if rng.random() < 0.6:
        columns["when"] = dates(rng, n, str(rng.choice(["even", "random", "month", "moment"])))
    for name in DIMENSIONS[: int(rng.integers(1, 5))]:
        codes = segments(rng, n)
        columns[name] = np.char.add("L", (codes[groups] if held else codes).astype(str))
    for name in NAMES[: int(rng.integers(1, 6))]:
        columns[name] = _noisy(kind, rng, groups)
        if rng.random() < 0.25:
            columns[name] = np.where(rng.random(n) < 0.1, np.nan, columns[name])
    if held and rng.random() < 0.5:
        columns["customer"] = np.char.add("c", (groups + 1_000).astype(str))
    return mixed(columns, rng) if kind in ("iid", "heavy", "ties") else columns


def mixed(columns: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The same rows: as they are, in any order, or sorted by the last column of texts."""
    n = len(next(iter(columns.values())))
    by = [values for values in columns.values() if values.dtype.kind == "U"][-1]
    orders = [np.arange(n), rng.permutation(n), np.argsort(by, kind="stable")]
    order = orders[rng.integers(3)]
    return {name: values[order] for name, values in columns.items()}


@dataclass
class Planted:
    """A table with one effect; `recipe` should say so in a finding whose key has `word`."""

    columns: dict[str, np.ndarray]
    recipe: str
    word: str
    measure: str


def planted(kind: str, rng: np.random.Generator, effect: float = 0.5) -> Planted:
    """2,000 to 4,000 rows in which one thing differs by `effect` standard deviations."""
    n = int(rng.integers(2_000, 4_000))
    name = str(rng.choice(NAMES[:4]))
    columns: dict[str, np.ndarray] = {}
    if kind in ("trend", "step", "quarter") or rng.random() < 0.5:
        columns["when"] = dates(rng, n, str(rng.choice(["even", "random", "moment"])))
    if rng.random() < 0.4:
        columns["order_id"] = np.arange(n) + 1
    share = rng.uniform(0.15, 0.5)
    chosen = rng.random(n) < share
    columns["region"] = np.where(chosen, "North", np.char.add("R", segments(rng, n).astype(str)))
    columns["team"] = np.char.add("T", segments(rng, n).astype(str))
    columns["load"] = rng.normal(40, 6, n)
    values = _values(rng, n)
    shift = effect * values.std() * rng.choice([-1, 1])
    recipe, word, values = _effect(kind, rng, (columns, chosen, values, name), shift)
    columns[name] = values
    return Planted(mixed(columns, rng), recipe, word, name)


def _values(rng: np.random.Generator, n: int) -> np.ndarray:
    shapes = [rng.normal(20, 4, n), rng.exponential(10, n), rng.lognormal(2, 0.6, n),
              rng.normal(30, 8, n).round()]  # fmt: skip
    return shapes[rng.integers(len(shapes))]


def _effect(
    kind: str,
    rng: np.random.Generator,
    made: tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, str],
    shift: float,
) -> tuple[str, str, np.ndarray]:
    columns, chosen, values, name = made
    if kind == "segment":
        return "segments", f"{name}_by_region", values + shift * chosen
    if kind == "relation":  # half of it a standard deviation of the cause: rho is about a quarter
        columns["spend"] = rng.normal(100, 20, len(values))
        return "relation", "spend", values + 0.52 * shift * (columns["spend"] - 100) / 20
    if kind == "missing":
        gone = rng.random(len(values)) < np.where(chosen, 0.25, 0.1)
        columns["rating"] = np.where(gone, np.nan, rng.normal(5, 1, len(values)))
        return "missingness", "missing_rating_by_region", values
    if kind == "outlier":
        values = rng.normal(50, 5, len(values)).round(int(rng.integers(3)))
        values[:5] = 50 + 5 * rng.uniform(8, 16, 5)
        return "outliers", name, values
    return _moved(kind, rng, (columns, values, name), shift)


def _moved(
    kind: str,
    rng: np.random.Generator,
    made: tuple[dict[str, np.ndarray], np.ndarray, str],
    shift: float,
) -> tuple[str, str, np.ndarray]:
    columns, values, name = made
    time = columns["when"].astype("M8[s]").astype(float)
    time = (time - time.min()) / np.ptp(time)
    if kind == "trend":
        return "trend", name, values + shift * time
    if kind == "step":
        return "trend", name, values + shift * (time > rng.uniform(0.35, 0.65))
    return "change", f"change_{name}", values + shift * _last_quarter(columns["when"])


def _last_quarter(when: np.ndarray) -> np.ndarray:
    """Rows of the last quarter that the data covers whole; the start of another may follow."""
    quarter = when.astype("M8[M]").astype(int) // 3
    after = (when.max().astype("M8[D]") + 2).astype("M8[M]").astype(int) // 3
    return quarter == (quarter.max() if after > quarter.max() else quarter.max() - 1)
