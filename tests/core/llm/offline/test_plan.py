"""The offline model asks the right tools, in a good order, once each, and stops."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import Message
from core.llm.offline.findings import EARLY, NO_ANSWER, NO_TABLE
from core.llm.offline.model import answer
from core.llm.offline.words import listed
from tests.core.llm.offline.examples import PROFILE, QUESTION, TOOLS, asked, column, opening, play


@pytest.mark.parametrize(
    ("question", "first"),
    [
        (QUESTION, "change measure=revenue period=quarter current=last"),
        ("Why did turnover drop last month?", "change measure=revenue period=month current=last"),
        ("How did sales in March 2025 compare?",
         "change measure=revenue period=month current=2025-03"),
        ("revenue Q3 2025", "change measure=revenue period=quarter current=2025 Q3"),
        ("What happened to units in Q3?", "change measure=units period=quarter current=2025 Q3"),
        ("Did revenue grow this year?", "change measure=revenue period=year current=last"),
        ("Why did North lose so much?", "change measure=revenue dimensions=['region']"),
        ("Which region brings the most revenue?", "total measure=revenue dimension=region"),
        ("wich regoin has the highest reveneu", "total measure=revenue dimension=region"),
        ("Where do we sell the most units?", "total measure=units dimension=region"),
        ("What is the average unit price by channel?",
         "total measure=unit_price dimension=sales_channel aggregate=mean"),
        ("How many orders are there?", "total aggregate=count"),
        ("total revenue per product line",
         "total measure=revenue dimension=product_line aggregate=sum"),
        ("Top 5 product lines by sales", "total measure=revenue dimension=product_line top=5"),
        ("What is the median discount?", "total measure=discount_pct aggregate=median"),
        ("How has revenue developed over time?", "trend measure=revenue"),
        ("Are discount and units related?", "relation measures=['units', 'discount_pct']"),
        ("Any unusual values in returns?", "outliers measure=returns"),
        ("Is data missing?", "missingness"),
        ("How is revenue distributed?", "distribution measure=revenue"),
        ("Compare regions", "segments dimensions=['region']"),
    ],
)  # fmt: skip
def test_the_first_tool_answers_the_question(question, first):
    moves, _ = play(question)
    assert [call.name for call in moves[0]] == ["profile"]
    assert asked(moves)[0] == first


def test_a_why_question_ends_with_one_sweep_of_everything_else():
    moves, _ = play(QUESTION)
    assert [len(calls) for calls in moves] == [1, 1, 8]
    names = [call.name for calls in moves for call in calls]
    assert sorted(names) == sorted(tool.name for tool in TOOLS)
    assert all(call.arguments == {"table": "sales"} for call in moves[-1])


def test_an_open_question_is_a_sweep_from_the_start():
    moves, _ = play("What is interesting here?")
    assert [len(calls) for calls in moves] == [1, 9]


def test_a_plain_question_is_not_swept():
    moves, _ = play("Which region brings the most revenue?")
    assert all(len(calls) == 1 for calls in moves)


def test_every_table_is_profiled_and_the_one_that_knows_the_words_is_asked():
    profiles = {
        "people": {"columns": [column("age", "measure"), column("team", "dimension")]},
        "sales": PROFILE,
    }
    talk = opening("Which region brings the most revenue?", "people, sales")
    first = answer(talk, TOOLS)
    assert [call.arguments["table"] for call in first.tool_calls] == ["people", "sales"]
    talk.append(Message(role="assistant", tool_calls=first.tool_calls))
    for call in first.tool_calls:
        said = json.dumps(profiles[call.arguments["table"]])
        talk.append(Message(role="tool", tool_call_id=call.id, content=said))
    (call,) = answer(talk, TOOLS).tool_calls
    assert call.arguments["table"] == "sales"


def test_a_whitelist_is_respected():
    few = [tool for tool in TOOLS if tool.name in ("profile", "trend", "outliers")]
    moves, _ = play(QUESTION, tools=few)
    assert {call.name for calls in moves for call in calls} <= {"profile", "trend", "outliers"}


def test_without_the_profile_tool_the_table_is_still_asked():
    few = [tool for tool in TOOLS if tool.name in ("change", "missingness")]
    moves, _ = play(QUESTION, tools=few)
    assert [[call.name for call in calls] for calls in moves] == [["missingness"]]


def test_tools_that_need_time_are_left_out_where_there_is_none():
    timeless = {**PROFILE, "columns": [c for c in PROFILE["columns"] if c["role"] != "time"]}
    moves, made = play(QUESTION, profile=timeless)
    assert not {"change", "trend"} & {call.name for calls in moves for call in calls}
    assert made.text == NO_ANSWER


@pytest.mark.parametrize("after", [1, 2])
def test_a_word_that_the_budget_is_nearly_spent_ends_it(after):
    moves, made = play(QUESTION, note_after=after)
    assert len(moves) == after
    assert made.text.endswith(EARLY)


def test_without_tables_it_says_so():
    _, made = play(QUESTION, tables="")
    assert made.text == NO_TABLE


WORDS = st.sampled_from(
    listed(
        "why which what how many average total revenue sales units region channel product last "
        "month quarter year fall most top five related unusual missing trend Q3 2025 North "
        "compare by per and the of budget spent"
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=9).map(" ".join))
def test_any_question_ends_without_a_repeated_call(question):
    moves, made = play(question)
    calls = [(call.name, json.dumps(call.arguments, sort_keys=True)) for m in moves for call in m]
    ids = [call.id for m in moves for call in m]
    assert len(calls) == len(set(calls))
    assert len(ids) == len(set(ids))
    assert made.text
    known = {tool.name: tool.parameters["properties"].keys() for tool in TOOLS}
    assert all(json.loads(said).keys() <= known[name] for name, said in calls)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_it_and_the_same_text_gets_the_same_answer(question):
    assert play(question) == play(question)
