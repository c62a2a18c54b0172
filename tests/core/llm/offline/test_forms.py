"""A requested schema is filled from labelled text; what is not there is not invented."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.offline.forms import filled, find_schema, labelled

SCHEMA = {
    "type": "object",
    "properties": {
        "company_name": {"type": "string"},
        "employees": {"type": "integer"},
        "revenue": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "is_customer": {"type": "boolean"},
        "size": {"enum": ["Small", "Large"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "nickname": {"type": "string"},
        "notes": {"type": "string"},
    },
    "required": ["company_name", "nickname"],
}
TEXT = """
- Company: Acme Corp.
Number of employees: about 1,200 people
Turnover = $1,234.50
Is customer: yes
Size: large
Tags: b2b, coffee; north
"""


def test_every_kind_of_field_is_read():
    made = json.loads(filled(f"Fill this.\n{TEXT}\n```json\n{json.dumps(SCHEMA)}\n```"))
    assert made == {
        "company_name": "Acme Corp.",
        "employees": 1200,
        "revenue": 1234.5,
        "is_customer": True,
        "size": "Large",
        "tags": ["b2b", "coffee", "north"],
        "nickname": None,
    }


def test_without_a_schema_there_is_nothing_to_fill():
    assert filled("Company: Acme") == ""
    assert find_schema('{"a": 1} {broken') is None


@pytest.mark.parametrize(("said", "value"), [("many", None), ("3.5", None), ("-7", -7)])
def test_a_whole_number_is_whole_or_missing(said, value):
    schema = {"properties": {"count": {"type": "integer"}}, "required": ["count"]}
    assert json.loads(filled(f"Count: {said}\n{json.dumps(schema)}")) == {"count": value}


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_around_a_schema_gives_valid_json(text):
    assert isinstance(json.loads(filled(f"{text}\n{json.dumps(SCHEMA)}")), dict) or "{" in text


def test_the_first_of_equal_labels_counts():
    assert labelled("A: one\nA: two") == {"A": "one"}
