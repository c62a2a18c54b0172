"""A small shop: one CSV with a story, and a recipe made by hand over real SQL."""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.data.land import land
from core.data.tables import Tables, open_tables
from core.insight.deck import build
from core.insight.receipts import Look, receive
from core.insight.slides import Deck, Landed, Method
from core.storage.blobs import Folder, Source, chunks_of
from core.tools.evidence import Chart, Figure, Finding, Outcome, Query, Test
from core.tools.tool import TOOLS, tool

REGIONS = {"North": 5.2, "South": 4.1, "East": 3.0, "West <b>&": 2.4, "=cmd|'x'!A1": 1.1}
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


class ShopParams(BaseModel):
    """Which table."""

    table: str


def shop(tables: Tables, params: ShopParams) -> Outcome:
    """Revenue by quarter and by region, and one comparison that holds and one that does not."""
    t = '"' + params.table.replace('"', '""') + '"'
    quarters = (
        "SELECT CAST(year(day) AS VARCHAR) || ' Q' || quarter(day) AS quarter,\n"
        f"       sum(revenue) AS revenue, count(*) AS orders\nFROM {t}\nGROUP BY 1 ORDER BY 1"
    )
    regions = (
        "SELECT region,\n"
        "       sum(CASE WHEN day >= DATE '2025-10-01' THEN revenue ELSE -revenue END) AS change\n"
        f"FROM {t}\nWHERE day >= DATE '2025-07-01'\nGROUP BY region ORDER BY change, region"
    )
    change = (
        "WITH q AS (SELECT sum(revenue) FILTER (day >= DATE '2025-10-01') AS after,\n"
        "                  sum(revenue) FILTER (day < DATE '2025-10-01') AS before\n"
        f"           FROM {t} WHERE day >= DATE '2025-07-01')\n"
        "SELECT before, after, after - before AS change, (after - before) / before AS share FROM q"
    )
    asked = [
        Query(sql=sql, title=title, grid=tables.query(sql))
        for sql, title in (
            (quarters, "Revenue and orders by quarter"),
            (regions, "Change of revenue by region, last quarter against the one before"),
            (change, "Revenue of the last two quarters"),
        )
    ]
    worst = asked[1].grid.rows[0][0]
    fell = Finding(
        key="change_revenue",
        title="Revenue fell by {share} in {quarter}, most of it in {region}",
        details=[
            "It was {before} the quarter before and {after} in {quarter}.",
            "{region} alone lost {lost}; the column {column} holds the amounts.",
        ],
        caveats=["One quarter is not a trend.", "Returns are not in this table."],
        figures={
            "share": Figure(
                label="Change of revenue",
                query=2,
                column="share",
                style="percent",
                scale=100,
                absolute=True,
            ),
            "quarter": Figure(
                label="Quarter",
                query=0,
                where={"quarter": "2025 Q4"},
                column="quarter",
                style="text",
            ),
            "before": Figure(label="Revenue, 2025 Q3", query=2, column="before", unit="USD"),
            "after": Figure(label="Revenue, 2025 Q4", query=2, column="after", unit="USD"),
            "region": Figure(
                label="Region that lost most",
                query=1,
                where={"region": worst},
                column="region",
                style="text",
            ),
            "lost": Figure(
                label=f"Change of revenue, {worst}",
                query=1,
                where={"region": worst},
                column="change",
                unit="USD",
                absolute=True,
            ),
        },
        names={"column": "revenue_[[x]]_2025"},
        tests=["revenue by quarter"],
        chart=Chart(
            kind="waterfall",
            title="Change of revenue by region",
            query=1,
            x="region",
            y=["change"],
            unit="USD",
            highlight=[worst],
            alt="Change of revenue by region, the largest loss first",
        ),
        weight=0.9,
    )
    orders = Finding(
        key="orders",
        title="{orders} orders came in {quarter}",
        figures={
            "orders": Figure(
                label="Orders, 2025 Q4", query=0, where={"quarter": "2025 Q4"}, column="orders"
            ),
            "quarter": Figure(
                label="Quarter",
                query=0,
                where={"quarter": "2025 Q4"},
                column="quarter",
                style="text",
            ),
        },
        chart=Chart(
            kind="line", title="Revenue by quarter", query=0, x="quarter", y=["revenue"], unit="USD"
        ),
        weight=0.6,
    )
    noise = Finding(
        key="weekday", title="Weekdays differ", tests=["revenue by weekday"], weight=0.8
    )
    return Outcome(
        recipe="test_shop",
        params=params.model_dump(),
        queries=asked,
        tests=[
            _test("revenue by quarter", 1e-6, -0.8),
            _test("revenue by weekday", 0.4, 0.01),
        ],
        findings=[fell, orders, noise],
        notes=["Months were not looked at."],
    )


def _test(name: str, p: float, effect: float) -> Test:
    return Test(
        name=name, method="Kruskal-Wallis", n=600, p=p, effect=effect, effect_kind="SD", floor=0.2
    )


if "test_shop" not in TOOLS:
    tool("test_shop", "Revenue of a shop.\nAnswers: why, fall")(shop)


def write_shop(path: Path, extra: float = 0.0) -> Path:
    """600 orders over two quarters; `extra` changes one row in the South."""
    chance = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["day", "region", "revenue"])
        for i in range(600):
            day = date(2025, 7, 1) + timedelta(days=int(i * 184 / 600))
            region = list(REGIONS)[i % len(REGIONS)]
            level = (
                180
                * REGIONS[region]
                * (0.45 if day >= date(2025, 10, 1) and region == "North" else 1)
            )
            amount = round(level * chance.uniform(0.7, 1.3) + (extra if i == 11 else 0), 2)
            out.writerow([day.isoformat(), region, f"{amount:.2f}"])
    return path


class Shop:
    """A folder with the shop's file, its blobs, and decks of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = write_shop(root / "sales.csv")
        self.blobs = Folder(root / "blobs")
        with self.file.open("rb") as file:
            self.hash, self.size = self.blobs.put(chunks_of(file))
        self.landing = land(self.file, "sales.csv", root / "sales.parquet")
        with open_tables({"sales": root / "sales.parquet"}) as tables:
            self.outcome = shop(tables, ShopParams(table="sales"))

    def looks(self) -> list[Look]:
        """One direct look."""
        outcome = self.outcome.model_copy(deep=True)
        return [Look(number=1, family="question", direct=True, outcome=outcome)]

    def source(self) -> Landed:
        """How the file was read."""
        given = Source(hash=self.hash, name="sales.csv", size_bytes=self.size)
        return Landed.of(given, "sales", self.landing)

    def deck(
        self, answer: str = "", method: Method | None = None, looks: list[Look] | None = None
    ) -> Deck:
        """The deck of the question everybody asks."""
        looks = self.looks() if looks is None else looks
        return build(
            "Why did revenue fall in the last quarter of 2025?",
            [self.source()],
            looks,
            receive(looks),
            answer,
            method or Method(iterations=3),
            created_at=AT,
            spend_nusd=1_200_000,
            tokens=480,
        )


@pytest.fixture(scope="session")
def shop_at(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, made once; tests only read it."""
    return Shop(tmp_path_factory.mktemp("shop"))
