"""What passes through a door, and what of it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid, Unavailable
from core.llm.batching import Job, Place, door_of
from core.settings.catalogue import catalogue

PLACE = Place("http://127.0.0.1:1", "sk-hidden-key-of-somebody", "openai/m", "OPENAI_API_KEY")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = httpx.Request("POST", "http://127.0.0.1:1")


def test_every_door_that_a_provider_names_is_there():
    named = {entry.batches for entry in catalogue()["models"].values() if entry.batches}
    assert named == {"openai", "anthropic"}
    for name in named:
        verbs = ("body", "submit", "find", "look", "cancel", "results")
        assert all(callable(getattr(door_of(name), verb)) for verb in verbs)


def test_a_place_does_not_show_its_key():
    assert "hidden" not in repr(PLACE)


@given(st.text(max_size=200), st.integers(1, 50), st.data())
def test_a_request_is_found_again_by_its_name_and_no_other_is(key, n, data):
    job = Job(key, [{}] * n, NOON)
    at = data.draw(st.integers(0, n - 1))
    assert job.index(job.name(at)) == at
    assert len(job.name(at)) <= 64
    assert job.name(at).replace("-", "").isalnum()
    assert job.index(job.name(n)) is None
    assert Job(key + "x", [{}] * n, NOON).index(job.name(at)) is None
    assert job.index("theirs-0") is None
    assert job.index("") is None


def raised(error):
    with pytest.raises((Unavailable, Invalid)) as found, PLACE.explained(openai, httpx.HTTPError):
        raise error
    return found.value


@pytest.mark.parametrize(
    ("error", "unsure"),
    [
        (openai.APITimeoutError(ASKED), True),
        (openai.APIConnectionError(request=ASKED), True),
        (httpx.ReadError("broke"), True),
        (
            openai.InternalServerError("x", response=httpx.Response(502, request=ASKED), body={}),
            True,
        ),
        (openai.RateLimitError("x", response=httpx.Response(429, request=ASKED), body={}), False),
        (openai.BadRequestError("x", response=httpx.Response(400, request=ASKED), body={}), False),
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_request_that_may_have_been_taken_is_in_doubt(error, unsure):
    made = raised(error)
    assert bool(made.details.get("unsure")) is unsure
    assert made.details["model"] == "openai/m"


def test_a_refused_connection_is_sure_however_deep_it_is_told():
    outer = openai.APIConnectionError(request=ASKED)
    outer.__cause__ = httpx.ConnectError("refused")
    assert "unsure" not in raised(outer).details


def test_a_key_in_the_providers_words_is_not_passed_on():
    response = httpx.Response(400, request=ASKED)
    said = f"the key {PLACE.key} is strange"
    assert PLACE.key not in str(raised(openai.BadRequestError(said, response=response, body={})))
