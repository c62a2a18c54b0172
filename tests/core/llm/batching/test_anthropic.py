"""Anthropic's door, with its own library, against a server that speaks its wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import NotFound, Unavailable
from core.llm.batching import Job, Place
from core.llm.batching.anthropic import AnthropicBatches
from core.llm.messages import Usage
from core.storage.database import now
from tests.loopback.batches import anthropic_batches
from tests.loopback.server import KEY, Turn

DOOR = AnthropicBatches(wait_s=0.02)
BODY = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello?"}]}


@pytest.fixture
def desk():
    with anthropic_batches.open_server() as desk:
        yield desk


@pytest.fixture
def place(desk):
    return Place(desk.url, KEY, "anthropic/m", "ANTHROPIC_API_KEY", 5.0)


def job(key="t:1", n=3):
    return Job(key, [BODY] * n, now() - timedelta(minutes=10))


def run(work):
    return asyncio.run(work)


def test_the_names_of_the_requests_carry_the_key_of_the_act(desk, place):
    id = run(DOOR.submit(place, job()))
    assert id == desk.only.id
    assert desk.only.requests == [(job().name(i), BODY) for i in range(3)]


def test_a_batch_without_our_key_is_known_by_its_answers_once_it_has_ended(desk, place):
    desk.looks = 3
    run(DOOR.submit(place, job("t:1")))
    mine = run(DOOR.submit(place, job("t:2")))
    run(DOOR.submit(place, job("t:3")))
    assert run(DOOR.find(place, job("t:2"), frozenset())) == mine
    assert desk.batches[mine].looks >= 3
    assert run(DOOR.find(place, job("t:9"), frozenset())) == ""


def test_batches_of_another_size_time_or_name_are_not_waited_for(desk, place):
    desk.looks = 0  # a wait would never end
    other = run(DOOR.submit(place, job("t:1", n=2)))
    known = run(DOOR.submit(place, job("t:2")))
    old = run(DOOR.submit(place, job("t:3")))
    desk.batches[old].created_at -= 7_200
    desk.batches = {id: desk.batches[id] for id in (old, other, known)}  # the newest come first
    assert run(DOOR.find(place, job("t:9"), frozenset([known]))) == ""


def test_its_end_is_seen(desk, place):
    desk.looks = 2
    id = run(DOOR.submit(place, job()))
    seen = [run(DOOR.look(place, id)) for _ in range(2)]
    assert [(one.ended, one.done) for one in seen] == [(False, 0), (True, 3)]
    with pytest.raises(NotFound):
        run(DOOR.look(place, "msgbatch_99"))


def test_answers_refusals_and_tools_are_read_with_their_usage(desk, place):
    said = [
        Turn("Hi.", prompt=50, completion=20, cached=10, cache_write=15),
        Turn(tools=[("weather", '{"city": "Oslo"}')]),
        Turn(status=400, error="Too long."),
        Turn(status=529, error="Overloaded."),
    ]
    desk.loopback.script["m"] = lambda body: said[int(body["messages"][0]["content"])]
    bodies = [{**BODY, "messages": [{"role": "user", "content": str(i)}]} for i in range(4)]
    given = replace(job(), bodies=bodies)
    id = run(DOOR.submit(place, given))
    run(DOOR.look(place, id))
    found = run(DOOR.results(place, given, id))
    assert found[0].text == "Hi."
    assert found[0].usage == Usage(prompt=50, completion=20, cached=10, cache_write=15)
    assert found[1].tool_calls[0].arguments == {"city": "Oslo"}
    assert found[1].finish_reason == "tool_calls"
    assert (found[2].code, found[2].said) == ("invalid_request_error", "Too long.")
    assert found[3].code == "overloaded_error"


@pytest.mark.parametrize("ends", ["expired", "cancelled"])
def test_what_was_not_reached_says_so(desk, place, ends):
    desk.ends, desk.done = ends, 1
    id = run(DOOR.submit(place, job()))
    run(DOOR.look(place, id))
    found = run(DOOR.results(place, job(), id))
    assert [found[i].code for i in range(3)] == ["", ends, ends]


def test_stopping_twice_or_after_the_end_is_harmless(desk, place):
    desk.looks = 0
    id = run(DOOR.submit(place, job()))
    run(DOOR.cancel(place, id))
    run(DOOR.cancel(place, id))
    assert run(DOOR.look(place, id)).ended


def test_a_lost_answer_is_in_doubt(desk, place):
    desk.drops = True
    with pytest.raises(Unavailable) as lost:
        run(DOOR.submit(place, job()))
    assert lost.value.details["unsure"]


def test_a_body_is_what_a_single_call_would_send():
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
    made = DOOR.body("claude-haiku-4-5", {"messages": said, "max_tokens": 50, "temperature": 0.3})
    assert made["model"] == "claude-haiku-4-5"
    assert made["system"][0]["text"] == "Be brief."
    assert [message["role"] for message in made["messages"]] == ["user"]
    assert (made["max_tokens"], made["temperature"]) == (50, 0.3)
    assert "stream" not in made
