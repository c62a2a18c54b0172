"""Sloppy JSON is read when it can mean one thing, and left alone when it cannot."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.insight.talk.mending import RAW_MAX, mend, spoken

CLEAN = {"table": "sales", "measures": ["a", "b"], "top": None, "on": True}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(CLEAN),
        '{"table": "sales", "measures": ["a", "b",], "top": null, "on": true,}',
        str(CLEAN),
        "{'table': 'sales', 'measures': ['a', 'b'], 'top': null, 'on': true}",
        f"```json\n{json.dumps(CLEAN)}\n```",
        f"```\n{CLEAN}\n```",
        json.dumps(json.dumps(CLEAN)),
        f"  {json.dumps(CLEAN)}\n",
    ],
)
def test_what_can_mean_one_thing_is_read(raw):
    assert mend(raw) == CLEAN


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "sales",
        '{"table": "sal',
        '{"table": "sales", "measures": ["a"',
        '{"table": sales}',
        '["sales"]',
        '{"a": 1} {"b": 2}',
        "{'a': __import__('os').system('id')}",
        "{1: 2, '1': 3}" * 2,
        "{" * 5_000,
        '"' * (RAW_MAX + 1),
    ],
)
def test_what_cannot_is_not(raw):
    assert mend(raw) is None


def test_commas_inside_texts_stay():
    assert mend('{"a": "x,]", "b": "y,}",}') == {"a": "x,]", "b": "y,}"}
    assert mend("{'a': 'true, null,]'}") == {"a": "true, null,]"}


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_clean_json_is_what_it_was_and_python_means_the_same(value):
    assert mend(json.dumps(value)) == value
    assert mend(json.dumps(json.dumps(value))) in (value, None)
    assert mend(str(value)) in (value, None)


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, min_size=1, max_size=4), st.data())
def test_what_was_cut_off_is_never_guessed(value, data):
    said = json.dumps(value)
    assert mend(said[: data.draw(st.integers(1, len(said) - 1))]) is None


def test_a_call_that_was_written_out_is_a_call():
    said = json.dumps({"name": "total", "arguments": {"table": "sales"}})
    assert spoken(f"```json\n{said}\n```", {"total"}) == ("total", {"table": "sales"})
    assert spoken('{"tool": "total", "parameters": {}}', {"total"}) == ("total", {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would call total.",
        'Let me see: {"name": "total", "arguments": {}}',
        '{"name": "shell", "arguments": {}}',
        '{"name": "total", "arguments": "all"}',
        '{"name": ["total"], "arguments": {}}',
        '{"name": "total", "arguments": {}, "because": "x"}',
    ],
)
def test_other_texts_are_no_calls(text):
    assert spoken(text, {"total"}) is None
