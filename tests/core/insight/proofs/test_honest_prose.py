"""The rule against wrong nouns refuses nothing that the evidence says: recipes, and people's words.

Every sentence that any recipe writes about the samples is judged as if a model had said it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from core.data.land import land
from core.data.tables import open_tables
from core.errors import StudioError
from core.insight.drawer import Drawer, prefix_of, refer
from core.insight.receipts import Look, Receipt
from core.insight.render import references, split
from core.insight.talk.nouns import fault
from core.insight.talk.vocabulary import gather
from core.tools.tool import discover
from tests.core.insight.asking import sales

SAMPLES = Path(__file__).parents[4] / "data" / "samples"
PERIODS = ("month", "quarter", "year")


class Told:
    """A file, all that recipes say of it, and what its references are about."""

    def __init__(self, file, folder, measures, dimensions):
        land(file, file.name, folder / "t.parquet")
        with open_tables({"t": folder / "t.parquet"}) as tables:
            self.words = gather(tables)
            outcomes = list(_outcomes(tables, measures, dimensions))
        looks = [
            Look(number=at, family="f", direct=False, outcome=outcome)
            for at, outcome in enumerate(outcomes, start=1)
        ]
        receipts = [
            Receipt(
                finding=f"{one.number}.{found.key}",
                family="f",
                direct=False,
                tests=1,
                supported=True,
            )
            for one in looks
            for found in one.outcome.findings
        ]
        drawer = Drawer(looks, receipts, [])
        self.subjects = drawer.subjects()
        self.sentences = [
            sentence
            for look, found, _ in drawer.shown
            for text in (found.title, *found.details, *found.caveats)
            for sentence in split(refer(text, prefix_of(look.number, found.key)))
            if references(sentence)
        ]

    def id(self, name, label):
        """The reference of this name with this in its label."""
        return next(
            id
            for id, one in self.subjects.items()
            if id.endswith(f".{name}") and re.search(label, one.label or one.text)
        )


def _outcomes(tables, measures, dimensions):
    tools = discover()
    wanted = [(name, {}) for name in tools if name not in ("change", "total")]
    wanted += [("total", {"measure": m, "dimension": d}) for m in measures for d in dimensions]
    wanted += [("total", {"measure": m, "aggregate": "mean"}) for m in measures]
    wanted += [("change", {"measure": m, "period": p}) for m in measures for p in PERIODS]
    wanted += [("trend", {"measure": m}) for m in measures]
    for name, params in wanted:
        with suppress(StudioError):
            yield tools[name](tables, {"table": "t", **params})


@pytest.fixture(scope="module")
def coffee(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coffee")
    head, *rows = (SAMPLES / "coffee_sales.csv").read_text().splitlines(keepends=True)
    (folder / "coffee.csv").write_text("".join([head, *rows[::12]]))
    columns = ("revenue", "returns"), ("region", "channel", "product_line")
    return Told(folder / "coffee.csv", folder, *columns)


def test_what_recipes_say_is_never_refused(coffee, tmp_path):
    file = tmp_path / "sales.csv"
    file.write_bytes(sales())
    for told in (coffee, Told(file, tmp_path, ["amount"], ["region"])):
        assert len(told.sentences) > 25
        faults = {one: fault(one, told.subjects, told.words) for one in told.sentences}
        assert {one: why for one, why in faults.items() if why} == {}


def test_what_people_say_of_the_same_numbers_is_refused_only_when_it_is_wrong(coffee):
    one, two = (
        coffee.id("top_value", "Total revenue, "),
        coffee.id("second_value", "Total revenue, "),
    )
    first, second = (coffee.subjects[id].label.rsplit(", ", 1)[1] for id in (one, two))
    returns = coffee.id("value", "Total returns")
    mean = coffee.id("value", "Average revenue")
    now = coffee.id("after", r"Revenue, \d{4} Q\d")
    right = [
        f"{first} sold most, [[{one}]] in all, and {second} comes next with [[{two}]].",
        f"Total revenue is led by {first.upper()} ([[{one}]]), then {second} ([[{two}]]).",
        f"In the last quarter revenue was [[{now}]]; the average revenue of a row is [[{mean}]].",
        f"Revenue and returns differ: [[{one}]] for {first}, and [[{returns}]] of returns.",
    ]
    wrong = [
        f"{second} sold most, [[{one}]] in all, and {first} comes next with [[{two}]].",
        f"Returns of {first} were [[{one}]].",
        f"In March revenue was [[{now}]].",
        f"The average revenue of {first} is [[{one}]].",
        f"Online, in {first}, it was [[{one}]], and Beans made [[{one}]].",
    ]
    assert [fault(text, coffee.subjects, coffee.words) for text in right] == [""] * len(right)
    assert all(fault(text, coffee.subjects, coffee.words) for text in wrong)
