"""Questions mean columns, however they say them."""

from __future__ import annotations

import pytest

from core.llm.offline.columns import main_measure, mentioned, with_role
from tests.core.llm.offline.examples import PROFILE, column


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("unit price by channel", ["unit_price", "sales_channel"]),
        ("units by region", ["units", "region"]),
        ("turnover of each product", ["revenue", "product_line"]),
        ("discounts and refunds", ["returns", "discount_pct"]),
        ("how did the North do?", ["region"]),
        ("Online sales", ["revenue", "sales_channel"]),
        ("what a nice day", []),
        ("", []),
    ],
)
def test_the_right_columns_are_meant(question, names):
    found = mentioned(question, PROFILE)
    assert set(names) <= set(found) if names else found == []


def test_the_longer_name_wins_over_its_part():
    assert mentioned("average unit price", PROFILE) == ["unit_price"]
    assert mentioned("average units", PROFILE) == ["units"]


def test_money_is_the_main_measure():
    assert main_measure(PROFILE) == "revenue"
    plain = {"columns": [column("height", "measure"), column("girth", "measure")]}
    assert main_measure(plain) == "height"
    assert main_measure({"columns": []}) is None


def test_roles_are_read_in_order():
    assert with_role(PROFILE, "time") == ["order_date"]
    assert with_role(PROFILE, "dimension")[0] == "region"
