"""What arrived is whole when the stream is, and countable when it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import tokens
from core.llm.arrival import Arrival
from core.llm.messages import Usage


@settings(deadline=None)
@given(st.lists(st.text(max_size=20)))
def test_text_is_heard_as_it_comes_and_kept_whole(pieces):
    heard: list[str] = []
    arrival = Arrival(10, heard.append)
    for piece in pieces:
        arrival.text(piece)
    assert arrival.whole_text() == "".join(heard) == "".join(pieces)
    assert arrival.begun == bool("".join(pieces))


@settings(deadline=None)
@given(st.integers(1, 9))
def test_tool_arguments_arrive_in_fragments(width):
    arrival = Arrival(10, print)
    said = '{"city": "Paris", "days": [1, 2]}'
    arrival.call(0, id="a", name="weather")
    for at in range(0, len(said), width):
        arrival.call(0, arguments=said[at : at + width])
    arrival.call(1, id="b", name="now")
    first, second = arrival.calls()
    assert (first.id, first.name) == ("a", "weather")
    assert first.arguments == {"city": "Paris", "days": [1, 2]}
    assert second.arguments == {}


@pytest.mark.parametrize("said", ['{"city": ', "[1]", '"x"'])
def test_arguments_that_are_no_object_are_kept_as_they_were_written(said):
    arrival = Arrival(10, print)
    arrival.call(0, id="a", name="weather", arguments=said)
    (call,) = arrival.calls()
    assert (call.name, call.arguments, call.raw) == ("weather", {}, said)


def test_what_arrived_is_counted_by_the_rule():
    arrival = Arrival(30, print)
    arrival.thought("Let me think.")
    arrival.text("one two")
    counted = arrival.counted()
    assert counted.prompt == 30
    assert counted.reasoning == tokens.count("Let me think.")
    assert counted.completion == 2 + counted.reasoning


def test_what_the_provider_said_early_is_kept():
    arrival = Arrival(30, print)
    arrival.text("one two three")
    arrival.usage = Usage(prompt=44, cached=40, completion=1)
    assert arrival.counted() == Usage(prompt=44, cached=40, completion=3)


def test_calls_with_ids_of_their_own_are_two_though_their_number_is_one():
    arrival = Arrival(10, print)
    arrival.call(0, id="a", name="weather", arguments='{"city": "Oslo"}')
    arrival.call(0, id="b", name="weather", arguments='{"city": ')
    arrival.call(0, arguments='"Rome"}')
    made = [(call.id, call.arguments["city"]) for call in arrival.calls()]
    assert made == [("a", "Oslo"), ("b", "Rome")]


def test_thoughts_in_marks_are_paid_for_and_never_shown():
    heard: list[str] = []
    arrival = Arrival(10, heard.append)
    for piece in ("<th", "ink>a plan</th", "ink>\n\nThe ", "answer"):
        arrival.text(piece)
    arrival.end()
    assert arrival.whole_text() == "".join(heard) == "The answer"
    assert arrival.counted().reasoning == tokens.count("a plan")
