"""Our shapes and theirs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from core.llm import Message, ToolCall
from core.llm.arrival import Arrival
from core.llm.hosted import wire
from core.llm.messages import Image
from core.llm.provider import Request
from core.settings.catalogue import Entry

CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


class Open(BaseModel):
    a: str = ""


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    a: str
    more: list[int]


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        (Closed.model_json_schema(), True),
        (Open.model_json_schema(), False),
        ({"type": "object"}, False),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "properties": {"a": {"type": "object"}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
    ],
)
def test_a_schema_is_strict_when_every_object_is_closed_and_whole(schema, strict):
    assert wire.response_format(schema)["json_schema"]["strict"] is strict


def test_the_name_of_a_schema_is_one_that_services_accept():
    made = wire.response_format({**CLOSED, "title": "A city, or more!" + "x" * 99})
    assert made["json_schema"]["name"].replace("_", "").isalnum()
    assert len(made["json_schema"]["name"]) <= 64


@given(st.lists(st.text(min_size=1), unique=True, min_size=2, max_size=9))
def test_ids_keep_their_length_and_stay_apart(ids):
    calls = [ToolCall(id=each, name="f") for each in ids]
    asked = wire.message(Message(role="assistant", tool_calls=calls), 9)
    made = [call["id"] for call in asked["tool_calls"]]
    answers = [wire.message(Message(role="tool", tool_call_id=i), 9)["tool_call_id"] for i in ids]
    assert made == answers
    assert len(set(made)) == len(ids)
    assert all(len(each) == 9 and each.isalnum() for each in made)


def test_an_id_that_fits_is_left_alone():
    assert wire.message(Message(role="tool", tool_call_id="abcDEF123"), 9)["tool_call_id"] == (
        "abcDEF123"
    )


def test_an_image_is_a_data_url_behind_its_words():
    image = Image(media_type="image/png", data="QQ==")
    made = wire.message(Message(role="user", content="See", images=[image]))["content"]
    assert [part["type"] for part in made] == ["text", "image_url"]
    assert made[1]["image_url"]["url"] == "data:image/png;base64,QQ=="


def test_nothing_that_is_not_set_is_asked_for():
    request = Request("m", [Message(role="user", content="x")], (), 5, 0.0)
    made = wire.asked(request, Entry(title="A", schema="native"), 1)
    assert not {"top_p", "tools", "response_format"} & made.keys()
    assert made["num_retries"] == made["max_retries"] == 0


@pytest.mark.parametrize(
    ("entry", "asked", "sent"),
    [
        ({}, (1.5, None), (1.5, None)),
        ({}, (0.0, 0.9), (0.0, 0.9)),
        ({"temperature_max": 1}, (1.5, None), (1, None)),
        ({"temperature_max": 1}, (0.3, 0.9), (0.3, 0.9)),
        ({"top_p": "alone"}, (0.3, None), (0.3, None)),
        ({"top_p": "alone"}, (0.3, 0.9), (None, 0.9)),
        ({"top_p": "warm"}, (0.0, 0.9), (0.0, None)),
        ({"top_p": "warm"}, (0.3, 0.9), (0.3, 0.9)),
    ],
)
def test_temperature_and_top_p_are_sent_as_the_provider_takes_them(entry, asked, sent):
    request = Request("m", [Message(role="user", content="x")], (), 5, *asked)
    made = wire.asked(request, Entry(title="A", **entry), 1)
    assert (made.get("temperature"), made.get("top_p")) == sent


def test_an_answer_that_asks_for_tools_says_so_whatever_its_end_was_called():
    arrival = Arrival(1, lambda _: None)
    wire.settle(arrival, "eos")
    assert arrival.finish_reason == "stop"
    arrival.call(0, id="a", name="f")
    wire.settle(arrival, "stop")
    assert arrival.finish_reason == "tool_calls"


def test_an_end_nobody_knows_is_a_stop():
    arrival = Arrival(1, lambda _: None)
    said = SimpleNamespace(content="x", tool_calls=None)
    wire.take(SimpleNamespace(choices=[SimpleNamespace(delta=said, finish_reason="odd")]), arrival)
    assert (arrival.whole_text(), arrival.finish_reason) == ("x", "stop")


def test_no_usage_is_none():
    assert wire.counted([SimpleNamespace(usage=None), SimpleNamespace()]) is None


@pytest.mark.parametrize(
    ("completion", "total", "whole"), [(50, 150, 50), (10, 110, 50), (10, 150, 50), (40, 180, 80)]
)
def test_thoughts_are_counted_once_within_the_answer_or_beside_it(completion, total, whole):
    details = SimpleNamespace(reasoning_tokens=40, audio_tokens=None)
    usage = SimpleNamespace(
        prompt_tokens=100,
        completion_tokens=completion,
        total_tokens=total,
        prompt_tokens_details=None,
        completion_tokens_details=details,
    )
    made = wire.counted([SimpleNamespace(usage=usage)])
    assert (made.completion, made.reasoning) == (whole, 40)
