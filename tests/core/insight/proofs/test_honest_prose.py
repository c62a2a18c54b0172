"""The rules against wrong nouns, ranks and causes refuse nothing that the evidence says.

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
from core.insight.talk import causes, ranks
from core.insight.talk.nouns import fault
from core.insight.talk.vocabulary import gather
from core.tools.tool import discover
from tests.core.insight.asking import sales

SAMPLES = Path(__file__).parents[4] / "data" / "samples"
PERIODS = ("month", "quarter", "year")
SWAPS = ("highest lowest", "most least", "more less", "higher lower", "smallest largest")
OTHER = dict(pair.split() for pair in SWAPS) | {p.split()[1]: p.split()[0] for p in SWAPS}
WORD = re.compile(r"\[\[[^\]]+\]\]|[A-Za-z]+")


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
        self.said = drawer.known().said

    def ranked(self, text):
        """What is wrong with the ranks, causes and forecasts of a text."""
        why = ranks.fault(text, self.said, self.subjects, self.words)
        return why or causes.fault(text, self.said, self.words)

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
        faults = {
            one: fault(one, told.subjects, told.words) or told.ranked(one) for one in told.sentences
        }
        assert {one: why for one, why in faults.items() if why} == {}


def test_a_rank_of_what_recipes_say_turned_round_is_always_refused(coffee):
    def other(found):
        word = OTHER.get(found[0].lower(), found[0])
        return word.capitalize() if found[0][0].isupper() else word

    turned = {WORD.sub(other, one) for one in coffee.sentences} - {*coffee.sentences}
    assert len(turned) > 20
    assert {one for one in turned if not coffee.ranked(one)} == set()


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


def test_ranks_that_people_tell_of_the_same_numbers_are_refused_only_when_they_are_wrong(coffee):
    regions = coffee.id("second_value", "Total revenue, ").rsplit(".", 1)[0]
    first, most, second, less, share, whole = (
        f"[[{regions}.{name}]]"
        for name in ("top", "top_value", "second", "second_value", "share", "value")
    )
    found = coffee.id("drop", r"Revenue, f").rsplit(".", 1)[0]
    before, after, drop, then = (
        f"[[{found}.{name}]]" for name in ("before", "after", "drop", "previous")
    )
    right = [
        f"{first} is the top region with {most}, {share} of {whole}.",
        f"{first} leads with the highest revenue of {most}, followed by {second} with {less}.",
        f"{second} is the second largest at {less}, and {first} with {most} is the largest.",
        f"{first} ({most}) and {second} ({less}) are the two largest regions.",
        f"{first} brought more than {second} ({most} vs. {less}), at least {share} of {whole}.",
        f"Revenue was {after}, lower than the {before} of {then}, and {drop} less than before.",
        f"Most of {whole} came from the few that sold most, first of all {first}: {most}.",
    ]
    wrong = [
        f"{second} is the top region with {less}.",
        f"{first} has the lowest revenue, {most}.",
        f"{second} has the highest revenue of {less}, followed by {first} with {most}.",
        f"{first} is the second largest at {most}.",
        f"{second} brought more than {first} ({less} vs. {most}).",
        f"Revenue was {after}, higher than the {before} of {then}.",
        f"Revenue was {after}, {drop} more than in {then}.",
        f"Revenue fell by {drop} because of the weather.",
        f"Revenue fell by {drop} and will recover.",
    ]
    assert [coffee.ranked(text) for text in right] == [""] * len(right)
    assert all(coffee.ranked(text) for text in wrong)
