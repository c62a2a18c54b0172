"""OpenAI's door, with its own library, against a server that speaks its wire."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import NotFound, Unavailable
from core.llm.batching import Job, Place
from core.llm.batching.openai import DOOR
from core.llm.messages import Usage
from core.storage.database import now
from tests.loopback.batches import openai_batches
from tests.loopback.server import KEY, Turn

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}


@pytest.fixture
def desk():
    with openai_batches.open_server() as desk:
        yield desk


@pytest.fixture
def place(desk):
    return Place(f"{desk.url}/v1", KEY, "openai/m", "OPENAI_API_KEY", 5.0)


def job(key="t:1", n=3):
    return Job(key, [BODY] * n, now() - timedelta(minutes=10))


def run(work):
    return asyncio.run(work)


def test_a_batch_is_a_file_of_named_requests_and_carries_the_key_of_the_act(desk, place):
    id = run(DOOR.submit(place, job()))
    assert id == desk.only.id
    assert desk.only.metadata == {"key": "t:1"}
    (data,) = desk.files.values()
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert [line["custom_id"] for line in lines] == [job().name(i) for i in range(3)]
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}
    assert [line["body"] for line in lines] == [BODY] * 3


def test_a_batch_is_found_by_its_key_among_others(place):
    run(DOOR.submit(place, job("t:1")))
    mine = run(DOOR.submit(place, job("t:2")))
    run(DOOR.submit(place, job("t:3")))
    assert run(DOOR.find(place, job("t:2"), frozenset())) == mine
    assert run(DOOR.find(place, job("t:9"), frozenset())) == ""


def test_batches_from_before_are_not_read_through(desk, place):
    run(DOOR.submit(place, job("t:1")))
    desk.only.created_at -= 7_200
    desk.hand_over([("x", BODY)], created_at=desk.only.created_at - 60, metadata={"key": "old"})
    assert run(DOOR.find(place, job("older"), frozenset())) == ""


def test_its_progress_and_its_end_are_seen(desk, place):
    desk.looks = 3
    id = run(DOOR.submit(place, job()))
    seen = [run(DOOR.look(place, id)) for _ in range(3)]
    assert [(one.ended, one.done) for one in seen] == [(False, 1), (False, 2), (True, 3)]
    with pytest.raises(NotFound):
        run(DOOR.look(place, "batch_99"))


def test_a_batch_that_was_not_taken_says_why(desk, place):
    desk.ends = "failed"
    id = run(DOOR.submit(place, job()))
    seen = run(DOOR.look(place, id))
    assert (seen.ended, seen.failed) == (True, "Line one is wrong.")


def test_answers_refusals_and_tools_are_read_with_their_usage(desk, place):
    said = [
        Turn("Hi.", prompt=50, completion=20, cached=30, reasoning=5),
        Turn(tools=[("weather", '{"city": "Oslo"}')]),
        Turn(tools=[("weather", "{broken")], finish="tool_calls"),
        Turn(status=400, error="Too long.", code="context_length_exceeded"),
    ]
    desk.loopback.script["m"] = lambda body: said[int(body["messages"][0]["content"])]
    bodies = [{**BODY, "messages": [{"role": "user", "content": str(i)}]} for i in range(4)]
    given = replace(job(), bodies=bodies)
    id = run(DOOR.submit(place, given))
    run(DOOR.look(place, id))
    found = run(DOOR.results(place, given, id))
    assert sorted(found) == [0, 1, 2, 3]
    assert found[0].text == "Hi."
    assert found[0].usage == Usage(prompt=50, completion=20, cached=30, reasoning=5)
    assert found[1].tool_calls[0].arguments == {"city": "Oslo"}
    assert found[1].finish_reason == "tool_calls"
    assert (found[2].tool_calls[0].arguments, found[2].tool_calls[0].raw) == ({}, "{broken")
    assert (found[3].code, found[3].said) == ("context_length_exceeded", "Too long.")


def test_what_was_not_reached_says_so(desk, place):
    desk.ends, desk.done = "expired", 1
    id = run(DOOR.submit(place, job()))
    run(DOOR.look(place, id))
    found = run(DOOR.results(place, job(), id))
    assert [found[i].code for i in range(3)] == ["", "expired", "expired"]


def test_lines_nobody_can_read_and_lines_of_others_are_left_out(desk, place):
    desk.lines = lambda line: "{" if job().name(0) in line else line
    id = run(DOOR.submit(place, job()))
    run(DOOR.look(place, id))
    assert sorted(run(DOOR.results(place, job(), id))) == [1, 2]
    assert run(DOOR.results(place, job("other"), id)) == {}


def test_stopping_twice_or_after_the_end_is_harmless(desk, place):
    desk.looks = 0
    id = run(DOOR.submit(place, job()))
    run(DOOR.cancel(place, id))
    run(DOOR.cancel(place, id))
    assert desk.cancelled == [id, id]
    assert run(DOOR.look(place, id)).ended


def test_a_lost_answer_is_in_doubt_and_a_lost_file_is_not(desk, place):
    desk.drops = True
    with pytest.raises(Unavailable) as lost:
        run(DOOR.submit(place, job()))
    assert lost.value.details["unsure"]
    desk.loopback.keys = ()
    with pytest.raises(Unavailable) as refused:
        run(DOOR.submit(place, job()))
    assert "unsure" not in refused.value.details


def test_a_body_has_the_parameters_its_model_takes():
    asked = {"messages": BODY["messages"], "max_tokens": 50, "temperature": 0.3}
    old, new = DOOR.body("gpt-4o-mini", asked), DOOR.body("gpt-5-mini", asked)
    assert old == {"model": "gpt-4o-mini", **asked}
    assert new["max_completion_tokens"] == 50
    assert "max_tokens" not in new
    assert "temperature" not in new
