"""An answer fits the model whole, or it is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from core.llm import Message
from core.llm.chain import structured


class River(BaseModel):
    """A part."""

    default: str = "x"
    length_km: float | None = None


class City(BaseModel):
    """The whole."""

    name: str
    people: int = Field(default=0, ge=0)
    rivers: list[River] = []


def test_the_schema_is_closed_and_asks_for_every_property():
    schema = structured.schema_of(City)
    river = schema["$defs"]["River"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "people", "rivers"]
    assert set(river["properties"]) == {"default", "length_km"}, "a field may be named default"
    assert river["required"] == ["default", "length_km"]
    assert "default" not in schema["properties"]["people"]


def test_the_order_joins_the_system_message_and_keeps_the_rest():
    said = [Message(role="system", content="Be brief."), Message(role="user", content="Lyon?")]
    first, second = structured.instructed(said, City)
    assert first.content.startswith("Be brief.")
    assert '"people"' in first.content
    assert second is said[1]
    assert structured.instructed(said[1:], City)[0].role == "system"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Lyon", "people": 3}',
        '```json\n{"name": "Lyon", "people": 3}\n```',
        'Here:\n```\n{"name": "Lyon", "people": 3}\n```\nDone.',
        '  {"name": "Lyon", "people": "3"}\n',
        '```JSON\n{"name": "Lyon", "people": 3}\n```',
        'Of course: {"name": "Lyon", "people": 3}. Anything else?',
    ],
)
def test_an_object_is_read_bare_or_fenced(text):
    value, problem = structured.read(text, City)
    assert (value["name"], value["people"], problem) == ("Lyon", 3, "")


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "Here it is:\n```\n{}\n```\nDone."])
def test_an_object_may_speak_of_fences(around):
    said = {"name": "Use ```python print(1)``` ok", "people": 3}
    value, _ = structured.read(around.replace("{}", json.dumps(said)), City)
    assert value["name"] == said["name"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Lyon has 3 people", "not JSON"),
        ('{"name": "Lyon", "people": ', "not JSON"),
        ('{"people": 3}', "name: Field required"),
        ('{"name": "Lyon", "people": -1}', "people: Input should be greater"),
        ("[]", "the object"),
    ],
)
def test_what_does_not_fit_is_nothing_and_says_why(text, says):
    value, problem = structured.read(text, City)
    assert value is None
    assert says in problem


@given(st.text(max_size=300))
def test_whatever_is_said_is_whole_or_nothing(text):
    value, problem = structured.read(text, City)
    assert (value is None) == bool(problem)
    if value is not None:
        assert City.model_validate(value).model_dump(mode="json") == value


@given(st.builds(City, name=st.text(), people=st.integers(0)))
def test_every_value_reads_back(city):
    value, _ = structured.read(json.dumps(city.model_dump(mode="json")), City)
    assert value == city.model_dump(mode="json")


def test_a_reask_shows_the_answer_and_the_problem():
    said, asked = structured.reask("nonsense", "That is not JSON.")
    assert (said.role, said.content) == ("assistant", "nonsense")
    assert asked.role == "user"
    assert "That is not JSON." in asked.content


@pytest.mark.parametrize(
    "said", ['{"length_km": NaN}', '{"length_km": -Infinity}', '{"length_km": 1e999}']
)
def test_what_is_no_number_of_json_is_said_back(said):
    value, problem = structured.read(said, River)
    assert value is None
    assert "no number of JSON" in problem
