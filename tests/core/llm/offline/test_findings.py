"""Answers are made of findings, verbatim, without a typed digit, and silent where data is."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from core.insight.render import HEDGES, check_answer
from core.llm import Message
from core.llm.offline import findings
from core.llm.offline.findings import EARLY, NO_ANSWER, NOTHING, NOTHING_MORE, REFERENCE, is_typed
from core.llm.offline.model import answer
from tests.core.llm.offline.examples import QUESTION, TOOLS, finding, opening, play

FELL = "Revenue fell by [[2.change_revenue.drop]] in [[2.change_revenue.period]]."
NORTH = "Most of it came from [[2.change_revenue.region]]."
ODD = "Returns are unusually high on [[3.outliers_returns.day]]."
SUM = "Revenue was [[2.total_revenue.sum]] in all."


def change(status="supported"):
    return {"findings": [finding("2.change_revenue", status, FELL, NORTH, weight=1.0)]}


def outliers(status="supported"):
    return {"findings": [finding("3.outliers_returns", status, ODD, ODD, weight=0.4)]}


def test_a_why_is_answered_by_the_change_first_and_what_else_stands_out():
    _, made = play(QUESTION, {"outliers": outliers(), "change": change()})
    assert made.text == f"{FELL} {NORTH} {ODD}"
    assert made.finish_reason == "stop"


def test_what_happened_is_told_before_what_explains_it():
    carrier = finding("2.carrier_revenue", "supported", NORTH, weight=0.95)
    level = finding("2.level_revenue", "description", FELL, SUM, weight=0.5)
    split = finding("2.parts", "description", "By [[2.parts.dimension]], so.", weight=0.6)
    _, made = play(QUESTION, {"change": {"findings": [carrier, split, level]}})
    assert made.text == f"{FELL} {NORTH}"


def test_a_text_with_a_sentence_that_rests_on_nothing_is_not_copied():
    text = f"{NORTH} Volume: what was sold."
    both = finding("2.c", "supported", FELL, text, weight=1)
    _, made = play(QUESTION, {"change": {"findings": [both]}})
    assert made.text == FELL


def test_a_description_answers_where_it_is_what_was_asked():
    total = {"findings": [finding("2.total_revenue", "description", SUM)]}
    _, made = play("What is the total revenue?", {"total": total})
    assert made.text == SUM


def test_a_why_without_support_says_what_happened_and_that_nothing_explains_it():
    _, made = play(
        QUESTION, {"change": change("description"), "outliers": outliers("not supported")}
    )
    assert made.text == f"{FELL} {NORTH} {NOTHING_MORE}"


def test_nothing_supported_is_one_plain_sentence():
    _, made = play(QUESTION, {"change": change("not supported"), "outliers": outliers("pending")})
    assert made.text == NOTHING


def test_a_later_word_on_a_finding_counts():
    talk = opening(QUESTION)
    talk.append(
        Message(
            role="tool",
            tool_call_id="x",
            content=json.dumps({"recipe": "change", **change("pending")}),
        )
    )
    verdict = {"findings": [{"id": "2.change_revenue", "status": "supported"}]}
    talk.append(Message(role="user", content=json.dumps(verdict)))
    talk.append(Message(role="system", content="No more iterations."))
    assert answer(talk, TOOLS).text == f"{FELL} {NORTH} {EARLY}"


def test_a_sentence_that_types_a_number_is_not_copied():
    typed = finding("2.change_revenue", "supported", "Revenue fell by 12%.", FELL)
    _, made = play(QUESTION, {"change": {"findings": [typed]}})
    assert made.text == FELL


def test_the_same_sentence_is_said_once():
    twice = {"findings": [finding("2.a", "supported", FELL), finding("2.b", "supported", FELL)]}
    _, made = play(QUESTION, {"change": twice})
    assert made.text == FELL


IDS = {found[2:-2] for text in (FELL, NORTH, ODD, SUM) for found in REFERENCE.findall(text)}
SENTENCES = st.lists(st.text(max_size=30) | st.just(FELL), max_size=3)


def test_what_stands_out_beside_an_unanswered_question_is_not_sold_as_the_answer():
    _, made = play(QUESTION, {"outliers": outliers()})
    assert made.text == f"{NO_ANSWER} {ODD}"


def test_every_plain_sentence_is_one_the_deck_takes():
    plain = {NOTHING, NOTHING_MORE, NO_ANSWER, findings.NO_TABLE, EARLY}
    assert {sentence.lower() for sentence in plain} <= HEDGES


STATUSES = st.sampled_from(["supported", "not supported", "description", "pending"])
FINDINGS = st.lists(
    st.builds(
        lambda key, status, texts, weight: finding(key, status, *texts, weight=weight),
        st.text(max_size=8), STATUSES, SENTENCES, st.floats(0, 1),
    ),
    max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(FINDINGS, FINDINGS)
def test_no_findings_make_it_type_a_digit(some, others):
    results = {"change": {"findings": some}, "outliers": {"findings": others}}
    _, made = play(QUESTION, results)
    assert not is_typed(made.text)
    assert check_answer(made.text, IDS)


def test_an_unsupported_finding_is_never_told():
    _, made = play(QUESTION, {"change": change("not supported")})
    assert "fell" not in made.text
    assert findings.NOTHING in made.text
