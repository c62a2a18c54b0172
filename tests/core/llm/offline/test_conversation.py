"""A conversation is read whatever shape its host gives it."""

from __future__ import annotations

import json

import pytest

from core.llm import Message, ToolCall
from core.llm.offline.conversation import read
from tests.core.llm.offline.examples import PROFILE, QUESTION, TEXT, opening, spec


def said(role, content, **more):
    return Message(role=role, content=content, **more)


@pytest.mark.parametrize(
    ("line", "tables"),
    [
        ("Tables: sales, people", ["sales", "people"]),
        ("Table: `sales` (9,000 rows)", ["sales"]),
        ("tables: ['a', \"b c\"]", ["a", "b c"]),
        ("Tables:\nNothing", []),
    ],
)
def test_tables_are_named_in_a_line(line, tables):
    assert read([said("system", line), said("user", QUESTION)]).tables == tables


def test_tables_named_by_a_schema_come_first():
    tool = spec("x", "X.")
    tool.parameters["properties"]["table"] = {**TEXT, "enum": ["only"]}
    assert read(opening(QUESTION), [tool]).tables == ["only"]


def test_the_question_is_found_beside_the_tables():
    both = read([said("user", f"Tables: sales\nQuestion: {QUESTION}")])
    assert (both.question, both.tables) == (QUESTION, ["sales"])
    assert read([said("user", f"{QUESTION}\nTables: sales")]).question == QUESTION


def test_a_follow_up_question_is_the_question():
    talk = [*opening(QUESTION), said("assistant", "Because."), said("user", "And in May?")]
    assert read(talk).question == "And in May?"


def test_what_the_studio_remarks_on_an_answer_is_no_new_question():
    talk = [
        *opening(QUESTION),
        said("user", '{"findings": []}'),
        said("user", "Studio: The findings have their final status. Answer now."),
        said("assistant", "Revenue fell."),
        said("user", "Studio: A sentence has no reference."),
    ]
    assert read(talk).question == QUESTION
    assert read(talk).told_to_stop
    assert not read(talk).ran_short


def test_a_profile_is_heard_bare_or_wrapped():
    for content in (PROFILE, {"look": 1, "profile": PROFILE, "findings": []}):
        talk = read([*opening(QUESTION), said("tool", json.dumps(content), tool_call_id="1")])
        assert list(talk.profiles) == ["sales"]


def test_a_profile_without_a_name_belongs_to_the_table_that_was_asked():
    call = ToolCall(id="1", name="profile", arguments={"table": "people"})
    nameless = {"columns": PROFILE["columns"]}
    talk = [
        *opening(QUESTION),
        said("assistant", "", tool_calls=[call]),
        said("tool", json.dumps(nameless), tool_call_id="1"),
    ]
    assert list(read(talk).profiles) == ["people"]


@pytest.mark.parametrize(
    ("note", "stops"),
    [
        ("The budget is nearly spent.", True),
        ("Iterations left: 1", True),
        ("This is your last iteration.", True),
        ("Answer now.", True),
        ("You have 7 iterations left.", False),
        ("Go on.", False),
    ],
)
def test_only_a_note_that_it_is_nearly_over_stops_it(note, stops):
    call = ToolCall(id="1", name="profile", arguments={"table": "sales"})
    talk = [*opening(QUESTION), said("assistant", "", tool_calls=[call]), said("user", note)]
    assert read(talk).told_to_stop is stops
    assert read(talk).question == QUESTION


def test_a_question_about_budgets_is_a_question():
    assert not read(opening("Why is the budget nearly spent?")).told_to_stop


def test_results_that_are_no_json_are_passed_over():
    for content in ("Error: no such column", "{broken", "[1, 2]", "null"):
        talk = read([*opening(QUESTION), said("tool", content, tool_call_id="1")])
        assert talk.results == []


def test_a_repeated_call_is_known_whatever_it_leaves_empty():
    made = ToolCall(id="1", name="total", arguments={"table": "a", "measure": None, "top": 3})
    talk = read([*opening(QUESTION), said("assistant", "", tool_calls=[made])])
    assert talk.has_made(ToolCall(id="2", name="total", arguments={"top": 3, "table": "a"}))
    assert not talk.has_made(ToolCall(id="2", name="total", arguments={"table": "a"}))
