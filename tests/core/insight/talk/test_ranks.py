"""A rank that a reference does not have is refused; every honest way of saying it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.insight.talk.ranks import check_ranks, fault
from core.insight.talk.standing import Standing
from core.insight.talk.subjects import Subject, name_of
from core.insight.talk.vocabulary import of

WORDS = of(
    {"region": ["North", "South", "East", "West"], "class": ["First Class", "Best Western"]},
    ["revenue", "returns", "top_speed"],
)
REVENUE = (90.0, 70.0, 40.0, 20.0)
CHANGES = (-50.0, -8.0, 3.0, 12.0)


def stands(row, values=REVENUE, query="q1.1", column="value", unit="number ", **more):
    return Standing(query, column, row, values, unit, **more)


def number(label, *found, columns=("revenue",)):
    return Subject("7", False, label, (), frozenset(columns), stands=found)


def name(text, label, *found):
    return Subject(text, True, label, (text,), frozenset({"revenue"}), stands=found)


def change(row, **more):
    return stands(row, CHANGES, "q2.1", "change", is_change=True, **more)


COMPARED = {"query": "q3.1", "values": (9.0,)}
SUBJECTS = {
    "1.t.n": number("Total revenue, North", stands(0)),
    "1.t.s": number("Total revenue, South", stands(1)),
    "1.t.e": number("Total revenue, East", stands(2)),
    "1.t.w": number("Total revenue, West", stands(3)),
    "1.t.top": name("North", "Highest", stands(0)),
    "1.t.next": name("South", "Next", stands(1)),
    "1.t.last": name("West", "Lowest", stands(3)),
    "1.t.share": number("Share, North", stands(0, (0.4, 0.3, 0.2, 0.1), column="share", unit="%")),
    "1.t.all": number("Total revenue", stands(0, (220.0,), "q1.0")),
    "1.t.what": name_of("total revenue"),
    "2.c.fell": number("Change of revenue, North", change(0, is_size=True)),
    "2.c.rose": number("Change of revenue, West", change(3)),
    "2.c.less": number("Change of revenue, South", change(1, is_size=True)),
    "2.c.who": name("North", "Largest part", change(0)),
    "3.p.was": number("Revenue, then", stands(0, (90.0,), "q3.1", "before")),
    "3.p.is": number("Revenue, now", stands(0, (60.0,), "q3.1", "after")),
    "3.p.drop": number(
        "Revenue, fall", stands(0, (-30.0,), "q3.1", "change", is_change=True, is_size=True)
    ),
    "3.p.then": name("2025 Q3", "Period before"),
    "4.d.most": number("Revenue, largest", stands(0, (99.0,), "q4.1", "most")),
    "4.d.least": number("Revenue, smallest", stands(0, (1.0,), "q4.1", "least")),
    "4.d.half": number("Revenue, median", stands(0, (44.0,), "q4.1", "median")),
    "5.x.low": number("Price, lowest tenth of units", stands(0, REVENUE, "q5.1", "y")),
    "5.x.high": number("Price, highest tenth of units", stands(3, REVENUE, "q5.1", "y")),
    "6.s.one": name("Online", "Segment"),
    "7.r.ret": number("Returns", stands(0, (5.0,), "q7.1"), columns=["returns"]),
    "method.tests": Subject("12", False),
}
SAID = {
    "Revenue was [[3.p.is]], [[3.p.drop]] less than in [[3.p.then]]",
    "[[6.s.one]] has lower price than the rest, but higher within the same channel",
    "It is missing most in [[1.t.top]]: [[1.t.n]], against [[1.t.w]] in [[1.t.last]]",
}

HONEST = [
    "North has the highest revenue, [[1.t.n]].",
    "[[1.t.top]] has the highest [[1.t.what]]: [[1.t.n]].",
    "[[1.t.top]] sold most, [[1.t.next]] comes second, and [[1.t.last]] is at the bottom.",
    "Highest in [[1.t.top]], lowest in [[1.t.last]].",
    "North sold most, [[1.t.n]] in all, and South comes next with [[1.t.s]].",
    "The highest is North with [[1.t.n]] and West, with [[1.t.w]], the lowest.",
    "Highest and lowest are [[1.t.n]] and [[1.t.w]].",
    "[[1.t.n]] and [[1.t.w]] are the highest and the lowest.",
    "Of [[1.t.all]] in total, North brought the most with [[1.t.n]].",
    "North brought most of [[1.t.all]], namely [[1.t.n]].",
    "North ([[1.t.n]]) and South ([[1.t.s]]) sold the most.",
    "The top regions are [[1.t.top]] and [[1.t.next]].",
    "[[1.t.share]] is the largest share, of North.",
    "South is second with [[1.t.s]].",
    "South ranks second with [[1.t.s]], East is in third place with [[1.t.e]].",
    "The second-highest is [[1.t.s]], the second lowest [[1.t.e]].",
    "South is among the highest: [[1.t.s]].",
    "East is one of the lowest, [[1.t.e]].",
    "North is best with [[1.t.n]]; the worst is [[1.t.w]].",
    "North lost most, [[2.c.fell]]; West gained most, [[2.c.rose]].",
    "The largest fall was [[2.c.fell]], the smallest [[2.c.less]].",
    "[[2.c.who]] moved revenue most.",
    "The largest revenue of a row is [[4.d.most]], half of them lie below [[4.d.half]].",
    "In the lowest tenth it is [[5.x.low]], in the highest tenth [[5.x.high]].",
    "It goes from [[5.x.low]] in the lowest tenth to [[5.x.high]] in the highest.",
    "The smallest and the largest are [[4.d.least]] and [[4.d.most]].",
    "South made [[1.t.s]], and the highest amount was in North, [[1.t.n]].",
    "South made [[1.t.s]]; North, the highest, made [[1.t.n]].",
    "Compared with South ([[1.t.s]]), the highest, North, made [[1.t.n]].",
    "Most, [[1.t.n]] of [[1.t.all]], was sold in the North.",
    "In the North it was [[1.t.n]], and that is the highest.",
    # no ranks
    "At most [[1.t.s]], at least [[1.t.e]], and at best [[1.t.e]].",
    "Most of [[1.t.s]] is new; most regions had [[1.t.e]].",
    "The most recent number is [[1.t.e]]; in the first quarter it was [[1.t.s]].",
    "On top of [[1.t.s]] comes [[1.t.e]], last but not least.",
    "The top-line number and the bottom line are [[1.t.s]] and [[1.t.e]].",
    "First, there is [[1.t.s]]; at first it was [[1.t.e]], a third of it.",
    "First Class and the Best Western made [[1.t.e]], at a top speed of [[1.t.s]].",
    "We looked at [[method.tests]] comparisons.",
    "This is not new, the highest is [[1.t.n]], and not only the highest.",
    "North is the best-selling region: [[1.t.n]].",
    # comparisons
    "North sold more than South: [[1.t.n]] against [[1.t.s]].",
    "[[1.t.top]] sold more than [[1.t.next]].",
    "East with [[1.t.e]] made [[1.t.share]] less revenue than South with [[1.t.s]].",
    "[[1.t.e]] of [[1.t.all]] came from the East, less than the [[1.t.s]] of the South.",
    "Revenue was [[3.p.is]], [[3.p.drop]] less than in [[3.p.then]], and that is all.",
    "It was [[3.p.is]] now, less than in [[3.p.then]].",
    "[[3.p.was]] before is higher than [[3.p.is]].",
    "North sold more than any other region: [[1.t.n]].",
    "[[6.s.one]] has a lower price than the rest.",
    "More than [[1.t.all]] was sold; that is more than half of it and more than a little.",
]

WRONG = [
    ("South has the lowest revenue, [[1.t.s]].", "says 'lowest'"),
    ("South has the highest revenue, [[1.t.s]].", "says 'highest'"),
    ("[[1.t.top]] has the lowest [[1.t.what]]: [[1.t.n]].", "says 'lowest'"),
    ("[[1.t.next]] has the highest [[1.t.what]]: [[1.t.s]].", "says 'highest'"),
    ("[[1.t.last]] sold most, [[1.t.w]].", "says 'most'"),
    ("South made the most revenue, [[1.t.s]].", "says 'most'"),
    ("Most revenue came from East: [[1.t.e]].", "says 'Most'"),
    ("South is the worst with [[1.t.s]].", "says 'worst'"),
    ("East is the best, [[1.t.e]].", "says 'best'"),
    ("The top region is [[1.t.next]].", "says 'top'"),
    ("East ranks second with [[1.t.e]].", "says 'second'"),
    ("The second-highest is [[1.t.e]].", "says 'second-highest'"),
    ("West is among the highest: [[1.t.w]].", "says 'highest'"),
    ("North ([[1.t.n]]) and West ([[1.t.w]]) were the two highest.", "says 'highest'"),
    ("Revenue was highest: [[1.t.all]].", "says 'highest'"),
    ("The highest ever was [[3.p.was]].", "says 'highest'"),
    ("It is fine. South has the lowest revenue, [[1.t.s]].", "says 'lowest'"),
    ("South lost most, [[2.c.less]].", "says 'most'"),
    ("North lost least, [[2.c.fell]].", "says 'least'"),
    ("The smallest revenue of a row is [[4.d.most]].", "says 'smallest'"),
    ("In the highest tenth it is [[5.x.low]].", "says 'highest'"),
    ("It goes from [[5.x.low]] in the highest tenth to [[5.x.high]] in the lowest.", "says"),
    ("North does not have the highest revenue, [[1.t.n]].", "denies a rank"),
    ("North isn\u2019t the lowest, [[1.t.n]].", "denies a rank"),
    ("North made [[1.t.n]], and the highest amount was in South, [[1.t.s]].", "says 'highest'"),
    ("North made [[1.t.n]], but the highest was [[1.t.s]] in South.", "says 'highest'"),
    ("North made [[1.t.n]]; South, the highest, made [[1.t.s]].", "says 'highest'"),
    ("[[1.t.top]] made [[1.t.n]] while the top was [[1.t.next]].", "says 'top'"),
    ("The highest was South with [[1.t.s]] ahead of North with [[1.t.n]].", "says 'highest'"),
    ("[[1.t.n]] is not more than [[1.t.s]].", "denies a rank"),
    ("South is the best-selling region, [[1.t.s]].", "says 'best-selling'"),
    ("South sold more than North: [[1.t.s]] against [[1.t.n]].", "says 'more than'"),
    ("[[1.t.next]] sold more than [[1.t.top]].", "says 'more than'"),
    ("[[1.t.n]] is less than [[1.t.s]].", "says 'less than'"),
    ("[[1.t.e]] of [[1.t.all]] is higher than the [[1.t.s]] of the South.", "says 'higher than'"),
    ("Revenue was [[3.p.is]], [[3.p.drop]] more than in [[3.p.then]].", "says 'more than'"),
    ("It was [[3.p.is]] now, more than in [[3.p.then]].", "says 'more than'"),
    ("[[3.p.is]] is more than [[3.p.was]] before.", "says 'more than'"),
    ("South sold more than any other region: [[1.t.s]].", "says 'more than'"),
    ("[[6.s.one]] has a higher price than the rest.", "says 'higher than'"),
    ("[[6.s.one]] has the lowest price.", "says 'lowest'"),
    ("Returns, [[7.r.ret]], are higher than expected.", "says 'higher than'"),
    ("Returns of [[7.r.ret]] are more than [[1.t.n]].", "says 'more than'"),
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_prose_is_let_through(text):
    check_ranks(text, SAID, SUBJECTS, WORDS)


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_a_rank_that_the_reference_does_not_have_is_refused_with_the_reason(text, why):
    with pytest.raises(Invalid) as caught:
        check_ranks(text, SAID, SUBJECTS, WORDS)
    assert why in caught.value.message
    assert caught.value.hint


def test_a_sentence_that_a_finding_says_itself_is_fine_as_it_is():
    check_ranks("South has the lowest.", {"South has the lowest"}, SUBJECTS, WORDS)


def test_what_a_finding_says_of_a_number_counts_only_where_no_column_ranks_it():
    """Beside two numbers stands "missing most"; it is of one of them."""
    assert fault("[[1.t.w]] is missing most.", SAID, SUBJECTS, WORDS)


FRAMES = [
    "{A} has the {high} revenue, [[{a}]], and {B} the {low}, [[{b}]].",
    "{A} with [[{a}]] is {high}, {B} with [[{b}]] is {low}.",
    "The {high} is {A} ([[{a}]]); {B} ([[{b}]]), as all had thought, is {low}.",
    "{high} and {low} are [[{a}]] and [[{b}]].",
    "[[{a}]] and [[{b}]] are the {high} and the {low}.",
    "Of [[1.t.all]], the {high} part, [[{a}]], was made in {A}, the {low}, [[{b}]], in {B}.",
    "[[1.t.top]] is {high} with [[1.t.n]], [[1.t.last]] is {low} with [[1.t.w]].",
]
PAIRS = [("highest", "lowest"), ("largest", "smallest"), ("most", "least"), ("top", "bottom")]


@settings(deadline=None)  # a busy machine is no fault
@given(st.sampled_from(FRAMES), st.sampled_from(PAIRS))
def test_swapping_two_ranks_of_a_correct_sentence_is_always_caught(frame, pair):
    names = {"A": "North", "B": "West", "a": "1.t.n", "b": "1.t.w"}
    high, low = pair
    assert not fault(frame.format(high=high, low=low, **names), SAID, SUBJECTS, WORDS)
    assert fault(frame.format(high=low, low=high, **names), SAID, SUBJECTS, WORDS)


@settings(deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=6, unique=True),
    st.sampled_from(["{a} is {more} than {b}.", "It is {more} in A than in B: {a} against {b}."]),
    st.data(),
)
def test_of_two_numbers_only_one_is_more(values, frame, data):
    left, right = data.draw(st.permutations(range(len(values))))[:2]
    values = tuple(map(float, values))
    subjects = {
        "a": number("Revenue, A", stands(left, values)),
        "b": number("Revenue, B", stands(right, values)),
    }
    is_more = values[left] > values[right]
    for word, is_right in (("more", is_more), ("less", not is_more)):
        text = frame.format(a="[[a]]", b="[[b]]", more=word)
        assert bool(fault(text, (), subjects, WORDS)) != is_right
