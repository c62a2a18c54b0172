"""The names of the data are found in prose, and ordinary words are not held against it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.tables import open_tables
from core.insight.talk.vocabulary import MEMBERS_MAX, gather, of, tokens

WORDS = of(
    {"City": ["New York", "York", "M\u00fcnchen", "North", "Online", "UK", "latte", "Store 7"]},
    ["unitPrice", "orders"],
)


def found(text):
    return [(one.said, one.weak) for one in WORDS.mentions(list(tokens(text)))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("In New York it rained.", [("New York", False)]),
        ("New, in York.", [("York", False)]),
        ("munchen and Muenchen and M\u00dcNCHEN's", [("munchen", False), ("Muenchen", False),
                                                   ("M\u00dcNCHEN's", False)]),
        ("North America, the North-East and the North", [("North", True), ("North", False)]),
        ("Online it was much, and online shops grew.", [("Online", True), ("online", True)]),
        ("We sold it in Online.", [("Online", False)]),
        ("In the UK, uk", [("UK", False), ("uk", True)]),
        ("Two lattes and a Latte", [("lattes", False), ("Latte", False)]),
        ("Unit prices and the order", [("Unit prices", False)]),
        ("a season that orders them", [("orders", True)]),
        ("Store [[x]] and New [[y]] York", [("York", False)]),
    ],
)  # fmt: skip
def test_names_are_found_however_they_are_written(text, names):
    assert found(text) == names


def test_the_tables_say_which_names_there_are(tmp_path):
    rows, letters = MEMBERS_MAX - 100, "abcdefghijklmnopqrstuvwxyz"
    columns = {
        "product_line": ["Beans", None] * (rows // 2) + ["Mugs"] * (rows % 2),
        "comment": [f"a {letters[n // 26 % 26]} {letters[n % 26]} note" for n in range(rows)],
        "customer": [
            f"{'XYZ'[n % 3]}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(rows)
        ],
        "amount": [1.0] * rows,
        "day": pa.array([0] * rows, pa.date32()),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    with open_tables({"t": tmp_path / "t.parquet"}) as tables:
        words = gather(tables)
    assert words.splits == {"product line", "comment", "customer", "day"}
    kinds = {kind for nouns in words.names.values() for kind, _ in nouns}
    assert kinds == {"measure", "product line", "customer"}
    assert words.names["beans",] == {("product line", "beans")}
    assert words.nouns("Beans, by amount") == {("product line", "beans"), ("measure", "amount")}
