# ruff: noqa: INP001 - a script that is run by its path
"""Write data/samples: two years of a shop for coffee equipment, with a story to find.

In the last quarter the northern warehouse cannot deliver grinders to online customers, so revenue
falls although brewers grow in stores. Marketplace orders look cheaper than they are because they
are mostly filters and beans (compare like with like and they bring more). Same seed, same bytes.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SEED = 1889  # the year of the first drip coffee patent we like to think of
FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
GONE_FROM = date(2025, 10, 1)
REGIONS = {"North": 0.40, "South": 0.24, "East": 0.20, "West": 0.16}
CHANNELS = {"Online": 0.46, "Store": 0.36, "Marketplace": 0.18}
NORTHERN_CHANNELS = {"Online": 0.66, "Store": 0.22, "Marketplace": 0.12}
LINES = {  # price, share, units an order
    "Grinders": (149.0, 0.24, 1.3),
    "Brewers": (89.0, 0.22, 1.4),
    "Kettles": (64.0, 0.18, 1.3),
    "Filters": (9.5, 0.16, 4.5),
    "Beans": (16.0, 0.20, 3.2),
}
LIKES = {  # what a channel sells more of
    "Online": (1.2, 1.0, 1.0, 0.9, 0.9),
    "Store": (0.9, 1.1, 1.1, 0.9, 1.0),
    "Marketplace": (0.35, 0.45, 0.6, 2.2, 1.9),
}
PREMIUM = {"Online": 1.0, "Store": 0.98, "Marketplace": 1.12}
HEADER = (
    "date", "region", "channel", "product_line", "units", "price", "discount", "revenue", "returns",
)  # fmt: skip


def rows(rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Orders in order of date: about a dozen a day."""
    result: list[tuple[object, ...]] = []
    day = FIRST
    while day <= LAST:
        weekday = 1.12 if day.weekday() >= 5 else 0.95
        for _ in range(rng.poisson(15.5 * weekday)):
            order = _order(rng, day)
            if order is not None:
                result.append(order)
        day += timedelta(days=1)
    return result


def _order(rng: np.random.Generator, day: date) -> tuple[object, ...] | None:
    region = str(rng.choice(list(REGIONS), p=list(REGIONS.values())))
    mix = NORTHERN_CHANNELS if region == "North" else CHANNELS
    channel = str(rng.choice(list(mix), p=list(mix.values())))
    taste = np.array([LINES[name][1] for name in LINES]) * LIKES[channel]
    if region == "North" and channel == "Online":
        taste[0] *= 4.0  # the northern web shop is known for its grinders
    line = str(rng.choice(list(LINES), p=taste / taste.sum()))
    gone = day >= GONE_FROM
    northern = line == "Grinders" and region == "North" and channel == "Online"
    if gone and northern and rng.random() < 0.93:
        return None
    list_price, _, usual = LINES[line]
    if gone and line == "Brewers" and channel == "Store":
        usual *= 2.1  # a new brewer is shown in stores
    units = 1 + int(rng.poisson(usual - 1))
    price = round(list_price * PREMIUM[channel] * float(rng.lognormal(0, 0.06)), 2)
    discount = float(rng.choice([0.0, 0.05, 0.1, 0.15], p=[0.7, 0.12, 0.12, 0.06]))
    revenue = round(units * price * (1 - discount), 2)
    returns = int(rng.binomial(units, 0.035))
    shown = "" if rng.random() < (0.09 if channel == "Marketplace" else 0.01) else f"{discount:.2f}"
    money = f"{price:.2f}", shown, f"{revenue:.2f}"
    return day.isoformat(), region, channel, line, units, *money, returns


def write(path: Path) -> None:
    """The file holds the sample, byte for byte the same each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADER)
        out.writerows(rows(np.random.default_rng(SEED)))


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[1] / "data" / "samples" / "coffee_sales.csv")
