"""A deck says what the data supports, what it does not, and why it ended."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.insight.deck import DESCRIBED, NOTHING, STOPPED, UNTESTED, build
from core.insight.drawer import Drawer
from core.insight.receipts import Look, receive
from core.insight.render import plain
from core.insight.slides import Deck, Method
from core.tools.evidence import Figure, Finding

ANSWER = (
    "Revenue fell by [[1.change_revenue.share]], and [[1.change_revenue.region]] lost most of it. "
    "It was [[1.change_revenue.before]] before."
)


def test_slides_are_title_answer_findings_descriptions_method_and_data(shop_at):
    deck = shop_at.deck(ANSWER)
    assert [slide.kind for slide in deck.slides] == [
        "title",
        "summary",
        "finding",
        "description",
        "method",
        "appendix",
    ]
    finding, description = deck.slides[2], deck.slides[3]
    assert finding.receipt
    assert finding.receipt.supported
    assert description.receipt is None


def test_the_answer_heads_the_summary(shop_at):
    deck = shop_at.deck(ANSWER)
    assert plain(deck.slides[1].title, deck) == "Revenue fell by 17.8%, and North lost most of it."
    assert len(deck.answer) == 2


def test_every_number_of_the_deck_is_a_cell_of_a_query_in_the_deck(shop_at):
    deck = shop_at.deck(ANSWER)
    assert len(deck.claims) >= 6
    for claim in deck.claims.values():
        assert claim.again(deck.queries[claim.evidence.query].grid) == (claim.text, claim.value)


def test_the_same_input_gives_the_same_deck(shop_at):
    assert shop_at.deck(ANSWER).model_dump_json() == shop_at.deck(ANSWER).model_dump_json()


def test_a_deck_survives_json(shop_at):
    deck = shop_at.deck(ANSWER)
    assert Deck.model_validate_json(deck.model_dump_json()) == deck


def test_what_is_not_supported_is_named_in_the_method_only(shop_at):
    deck = shop_at.deck(ANSWER)
    assert [one.label for one in deck.unsupported] == ["revenue by weekday"]
    assert not any("Weekdays" in text for slide in deck.slides for text in slide.texts())
    assert "1.weekday" not in Drawer(shop_at.looks(), receive(shop_at.looks()), []).known()


def test_an_answer_that_cites_what_is_not_supported_is_refused(shop_at):
    with pytest.raises(Invalid, match="not in the evidence"):
        shop_at.deck("It is the weekday [[1.weekday.effect]].")


def test_an_answer_that_types_a_number_is_refused(shop_at):
    with pytest.raises(Invalid, match="types a number"):
        shop_at.deck("Revenue fell by 18% because of [[1.change_revenue.region]].")


def test_with_nothing_supported_the_deck_says_so_and_how_much_was_looked_at(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    outcome.findings = [one for one in outcome.findings if one.key == "weekday"]
    looks = [Look(number=1, family="sweep", direct=False, outcome=outcome)]
    deck = shop_at.deck(looks=looks)
    summary = deck.slides[1]
    assert summary.title == NOTHING
    assert [plain(text, deck) for text in summary.body] == ["Comparisons looked at: 2."]
    assert not any(slide.kind == "finding" for slide in deck.slides)


def test_an_answer_that_says_nothing_was_found_is_not_repeated(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    outcome.findings = [one for one in outcome.findings if one.key == "weekday"]
    looks = [Look(number=1, family="sweep", direct=False, outcome=outcome)]
    summary = shop_at.deck("Nothing in the data explains it beyond chance.", looks=looks).slides[1]
    assert NOTHING not in [summary.title, *summary.body]
    partial = shop_at.deck("This deck is partial.", looks=looks).slides[1]
    assert NOTHING in partial.body


def test_a_described_answer_says_that_nothing_was_tested(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    outcome.findings = [one for one in outcome.findings if one.key == "orders"]
    outcome.tests = []
    looks = [Look(number=1, family="question", direct=True, outcome=outcome)]
    summary = shop_at.deck("There were [[1.orders.orders]] orders.", looks=looks).slides[1]
    assert summary.body == [DESCRIBED]


@pytest.mark.parametrize("answer", ["", "There is nothing to report beyond chance."])
def test_where_nothing_was_compared_nobody_speaks_of_chance(shop_at, answer):
    outcome = shop_at.outcome.model_copy(update={"findings": [], "tests": []})
    looks = [Look(number=1, family="sweep", direct=False, outcome=outcome)]
    summary = shop_at.deck(answer, looks=looks).slides[1]
    assert [summary.title, *summary.body] == [UNTESTED]


def test_with_no_looks_at_all_there_is_still_an_honest_deck(shop_at):
    deck = build(
        "Anything?",
        [],
        [],
        [],
        "",
        Method(stopped="cancelled"),
        created_at=shop_at.deck().created_at,
    )
    assert deck.slides[1].title == STOPPED["cancelled"]
    assert NOTHING not in deck.slides[1].texts()  # nobody looked, so nobody knows


@pytest.mark.parametrize(
    ("stopped", "word"),
    [("budget", "budget"), ("iterations", "limit of iterations"), ("a fire", "ended early")],
)
def test_a_partial_deck_says_why(shop_at, stopped, word):
    deck = shop_at.deck(ANSWER, Method(iterations=2, stopped=stopped))
    assert word in deck.slides[1].body[-1]
    assert deck.method.stopped == stopped


def test_findings_are_ordered_by_weight_and_the_thirteenth_shares_a_slide(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    first = outcome.findings[0]
    outcome.findings = [
        first.model_copy(update={"key": f"f{i:02d}", "weight": i / 20}) for i in range(14)
    ]
    looks = [Look(number=1, family="question", direct=True, outcome=outcome)]
    deck = shop_at.deck(looks=looks)
    found = [slide.key for slide in deck.slides if slide.kind == "finding"]
    assert found == [f"1.f{i:02d}" for i in range(13, 1, -1)]
    further = next(slide for slide in deck.slides if slide.key == "further")
    assert len(further.body) == 2


def test_many_findings_fill_more_than_one_list(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    first = outcome.findings[0]
    outcome.findings = [first.model_copy(update={"key": f"f{i:02d}"}) for i in range(30)]
    looks = [Look(number=1, family="question", direct=True, outcome=outcome)]
    lists = [slide for slide in shop_at.deck(looks=looks).slides if slide.key.startswith("further")]
    assert [len(slide.body) for slide in lists] == [14, 4]


def test_what_was_asked_comes_before_what_was_seen_around(shop_at):
    around = Look(number=1, family="sweep", direct=False, outcome=shop_at.outcome)
    asked = Look(number=2, family="question", direct=True, outcome=shop_at.outcome)
    shown = [s for s in shop_at.deck(looks=[around, asked]).slides if s.look]
    assert [(s.look, s.kind) for s in shown] == [
        (2, "finding"),
        (2, "description"),
        (1, "finding"),
    ]


def test_an_open_look_around_shows_no_descriptions_unless_the_answer_cites_them(shop_at):
    looks = [Look(number=1, family="sweep", direct=False, outcome=shop_at.outcome)]
    kinds = [slide.kind for slide in shop_at.deck(looks=looks).slides]
    assert "description" not in kinds
    cited = shop_at.deck("Orders: [[1.orders.orders]].", looks=looks)
    assert "description" in [slide.kind for slide in cited.slides]


def test_a_description_of_what_a_finding_already_draws_is_left_out_unless_cited(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    outcome.findings[1].chart = outcome.findings[0].chart
    looks = [Look(number=1, family="question", direct=True, outcome=outcome)]
    assert "description" not in [slide.kind for slide in shop_at.deck(looks=looks).slides]
    cited = shop_at.deck("Orders: [[1.orders.orders]].", looks=looks)
    assert "description" in [slide.kind for slide in cited.slides]


def test_tests_are_counted_by_family(shop_at):
    looks = [
        Look(number=1, family="question", direct=True, outcome=shop_at.outcome),
        Look(number=2, family="sweep", direct=False, outcome=shop_at.outcome),
    ]
    assert shop_at.deck(looks=looks).method.tests == {"question": 2, "sweep": 2}


def test_a_figure_without_its_cell_is_an_error_not_a_blank(shop_at):
    outcome = shop_at.outcome.model_copy(deep=True)
    lost = Figure(label="Lost", query=0, where={"quarter": "1999 Q1"}, column="revenue")
    outcome.findings = [Finding(key="x", title="It was {lost}", figures={"lost": lost}, weight=1)]
    with pytest.raises(Exception, match="no value of 'revenue'"):
        shop_at.deck(looks=[Look(number=1, family="q", direct=True, outcome=outcome)])
