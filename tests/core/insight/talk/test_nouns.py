"""A right reference on a wrong noun is refused; honest prose in any words is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.insight.talk.nouns import check_nouns, fault
from core.insight.talk.subjects import Subject, name_of
from core.insight.talk.vocabulary import of

CITIES = ("Berlin", "Paris", "München", "New York", "Rome", "Stadt-Süd")
WORDS = of(
    {
        "city": CITIES,
        "channel": ["Online", "store", "Other", "US", "Espresso Bar"],
        "month name": ["March", "April"],
    },
    ["revenue", "returns", "unit_price", "amount", "total"],
)


def number(label, row=(), columns=("revenue", "city"), filters=(), aggregates=("total",)):
    return Subject(
        "7", False, label, tuple(row), frozenset(columns), tuple(filters), frozenset(aggregates)
    )


SUBJECTS = {city[0].lower(): number(f"Revenue, {city}", [city]) for city in CITIES} | {
    "top": Subject("Berlin", True, "Highest", ("Berlin",), frozenset({"revenue", "city"})),
    "second": Subject("Paris", True, "Next", ("Paris",), frozenset({"revenue", "city"})),
    "measure": name_of("Revenue"),
    "all": number("Total revenue", columns=["revenue"]),
    "ret": number("Returns", columns=["returns"]),
    "mean": number("Average revenue", columns=["revenue"], aggregates=["average"]),
    "was": number("Revenue, 2025 Q3", ["2025 Q4", "2025 Q3"], ["revenue"]),
    "now": number("Revenue, 2025 Q4", ["2025 Q4", "2025 Q3"], ["revenue"]),
    "drop": number("Revenue, fall", ["2025 Q4", "2025 Q3"], ["revenue"]),
    "then": Subject("2025 Q3", True, "Period before", ("2025 Q4", "2025 Q3"), frozenset()),
    "at": Subject("2025-06-01", True, "Split", ("2025-06-01",), frozenset({"revenue"})),
    "around": number("Revenue since", ["2025-06-01"], ["revenue", "day"]),
    "online": number("Revenue, change", ["Online"], filters=["Online", "Berlin"]),
    "method.tests": Subject("12", False),
}

HONEST = [
    "[[measure]] was [[all]].",
    "Revenue in Berlin was [[b]].",
    "revenue in BERLIN was [[b]] and in paris [[p]].",
    "Berlin and Paris brought [[b]] and [[p]].",
    "[[b]] came from Berlin, while Paris had [[p]].",
    "Berlin's revenue was [[b]], against [[p]] in Paris.",
    "Berlin made [[b]] of [[all]].",
    "Revenue was [[all]], and [[top]] sold most.",
    "Since [[at]] it was [[all]].",
    "[[top]] made [[b]], ahead of [[second]].",
    "Munchen made [[m]].",
    "Muenchen made [[m]], M\u00fcnchen made [[m]].",
    "In New York it was [[n]]; a new record.",
    "Stadt-Sued made [[s]].",
    "The city of North Berlin had [[all]].",  # another name
    "Online, [[all]] was sold, and other channels are few.",
    "Every store sold well: [[all]].",
    "Let us say it was [[all]].",
    "In total it was [[all]].",
    "The amount of revenue was [[all]].",
    "The average revenue is [[mean]], the total revenue [[all]].",
    "Revenue fell by [[drop]] in the last quarter, from [[was]] to [[now]].",
    "In the fourth quarter revenue was [[now]], in the third quarter [[was]].",
    "In the last quarter, against [[then]], it fell from [[was]] to [[now]].",
    "It fell in June, to [[around]].",
    "Revenue fell around [[at]], to [[around]].",
    "It may march on: [[all]].",
    "By city, revenue was highest in Berlin: [[b]].",
    "Returns were [[ret]] and revenue was [[all]].",
    "Online in Berlin it was [[online]].",
    "We looked at [[method.tests]] comparisons; a season that returns is one.",
]

WRONG = [
    ("Revenue in Berlin was [[p]].", "names 'Berlin'"),
    ("Revenue in berlin was [[p]].", "names 'berlin'"),
    ("Revenue in Berlin was [[all]].", "names 'Berlin'"),
    ("Revenue in M\u00fcnchen was [[b]].", "names 'M\u00fcnchen'"),
    ("New York made [[b]].", "names 'New York'"),
    ("The Espresso Bar made [[b]].", "names 'Espresso Bar'"),
    ("In Berlin it was [[p]] and in Paris [[b]].", "beside a name that it is not of"),
    ("Paris and Berlin brought [[b]] and [[p]].", "beside a name that it is not of"),
    ("[[p]] came from Berlin, while Paris had [[b]].", "beside a name that it is not of"),
    ("[[top]] made [[p]].", "beside a name that it is not of"),
    ("[[top]] made [[p]], [[second]] made [[b]].", "beside a name that it is not of"),
    ("Berlin, with [[p]], beats Paris ([[b]]).", "beside a name that it is not of"),
    ("Returns were [[all]].", "names 'Returns'"),
    ("Returns were [[all]] and revenue was [[ret]].", "beside a name that it is not of"),
    ("[[measure]] was [[ret]].", "beside a name that it is not of"),
    ("The amount was [[ret]].", "names 'amount'"),
    ("The unit price was [[all]].", "names 'unit price'"),
    ("The average revenue was [[all]].", "says 'average'"),
    ("The total revenue was [[mean]].", "says 'total'"),
    ("Revenue in March was [[all]].", "names 'March'"),
    ("Revenue in May was [[now]].", "speaks of 'May'"),
    ("On Mondays revenue was [[all]].", "speaks of 'Mondays'"),
    ("In the last month revenue was [[now]].", "speaks of 'last month'"),
    ("In the first quarter revenue was [[now]].", "speaks of 'first quarter'"),
    ("In the last quarter revenue was [[all]].", "speaks of 'last quarter'"),
    ("Revenue in [[then]] was [[now]].", "beside a name that it is not of"),
    ("Revenue in [[then]] was [[all]].", "beside numbers that are not of it"),
    ("By city, it was [[ret]].", "says 'by city'"),
    ("It is [[all]]. Then Berlin had [[p]].", "names 'Berlin'"),
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_prose_is_let_through(text):
    check_nouns(text, (), SUBJECTS, WORDS)


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_what_the_references_are_not_about_is_refused_with_the_reason(text, why):
    with pytest.raises(Invalid) as caught:
        check_nouns(text, (), SUBJECTS, WORDS)
    assert why in caught.value.message
    assert caught.value.hint


def test_a_sentence_that_a_finding_says_itself_is_fine_as_it_is():
    said = {"Revenue in Berlin was [[p]]"}
    check_nouns("Revenue in Berlin was [[p]].", said, SUBJECTS, WORDS)


FRAMES = [
    "In {A} it was [[{a}]], in {B} [[{b}]].",
    "[[{a}]] in {A} stands against [[{b}]] in {B}.",
    "{A} and {B} made [[{a}]] and [[{b}]].",
    "[[{a}]] and [[{b}]] were made in {A} and {B}.",
    "{A}, as everybody in the house had thought, made [[{a}]]; {B} only [[{b}]].",
    "{A} made [[{a}]], against [[{b}]] in {B}.",
    "[[{a}]] was made in {A}, while {B} had [[{b}]].",
]


@settings(deadline=None)  # a busy machine is no fault
@given(st.sampled_from(FRAMES), st.permutations(CITIES))
def test_swapping_two_members_of_a_correct_sentence_is_always_caught(frame, cities):
    one, two = cities[:2]
    ids = {"a": one[0].lower(), "b": two[0].lower()}
    assert not fault(frame.format(A=one, B=two, **ids), SUBJECTS, WORDS)
    assert fault(frame.format(A=two, B=one, **ids), SUBJECTS, WORDS)
    assert fault(frame.format(A=one, B=two, a=ids["b"], b=ids["a"]), SUBJECTS, WORDS)
