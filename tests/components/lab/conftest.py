"""A shop and what was made of it, for tests without a screen."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.insight.claims import Claim, Evidence, sql_hash
from core.insight.receipts import Receipt
from core.insight.slides import Deck, Landed, Slide, Statement
from core.storage.database import now
from core.tools.evidence import Chart, Grid

HASH = "ab" * 32
SQL = "SELECT region, sum(revenue) AS revenue FROM shop GROUP BY region ORDER BY region"


@pytest.fixture
def deck():
    """Two slides: one finding with a chart and a receipt, one with words only."""
    grid = Grid(columns=["region", "revenue"], rows=[[f"R{i:02}", float(i)] for i in range(30)])
    statement = Statement(
        sql=SQL,
        sql_hash=sql_hash(SQL),
        title="Revenue by region",
        grid=grid,
        sources=[HASH],
        look=1,
    )
    evidence = Evidence(
        sources=[HASH],
        query="q",
        sql_hash=statement.sql_hash,
        where={"region": "R20"},
        column="revenue",
    )
    claim = Claim(id="1.top.value", label="Revenue, R20", text="20", value=20.0, evidence=evidence)
    receipt = Receipt(
        finding="1.top",
        family="question",
        direct=True,
        tests=12,
        q=0.0004,
        effect=0.6,
        effect_kind="SD",
        supported=True,
    )
    chart = Chart(kind="bar", title="Revenue", query=0, x="region", y=["revenue"], alt="By region")
    return Deck(
        title="Which?",
        question="Which region is it?",
        slides=[
            Slide(key="title", kind="title", title="Which region is it?"),
            Slide(
                key="1.top",
                kind="finding",
                title="[[1.top.region]] brings [[1.top.value]]",
                chart=chart,
                query="q",
                receipt=receipt,
                look=1,
            ),
        ],
        queries={"q": statement},
        claims={claim.id: claim},
        names={"1.top.region": "R20"},
        receipts=[receipt],
        sources=[Landed(name="shop.csv", table="shop", hash=HASH)],
        created_at=now(),
    )


@pytest.fixture
def event():
    """A maker of events as the log gives them, numbered from 1."""
    made = []

    def make(type, **data):
        made.append(SimpleNamespace(id=len(made) + 1, type=type, data=data, at=now()))
        return made[-1]

    return make
