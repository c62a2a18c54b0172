"""The offline provider needs nothing, costs nothing and can be stopped between two words."""

from __future__ import annotations

from concurrent.futures import CancelledError
from types import SimpleNamespace

import pytest

from core.errors import NotFound
from core.llm import Message, ModelSettings
from core.llm.arrival import Arrival
from core.llm.pricing import FREE
from core.llm.provider import Request, discover

PROVIDER = discover()["offline"]
ASKED = Request("", [Message(role="user", content="Who are you?")], (), 200, 0.0)


def test_it_is_always_there_and_free():
    assert PROVIDER.missing(ModelSettings()) == ""
    assert PROVIDER.price("rules") is FREE
    with pytest.raises(NotFound, match="no built-in model 'foo'"):
        PROVIDER.price("foo")


def test_it_streams_word_by_word():
    heard: list[str] = []
    arrival = Arrival(10, heard.append)
    PROVIDER.answer(ModelSettings(), ASKED, arrival, SimpleNamespace(stopped=False))
    assert len(heard) > 10
    assert arrival.usage.completion > 0
    assert arrival.finish_reason == "stop"


def test_a_stop_ends_it_between_two_words():
    call = SimpleNamespace(stopped=False)
    heard: list[str] = []

    def hear(word: str) -> None:
        heard.append(word)
        call.stopped = len(heard) == 3

    arrival = Arrival(10, hear)
    with pytest.raises(CancelledError):
        PROVIDER.answer(ModelSettings(), ASKED, arrival, call)
    assert len(heard) == 3
    assert arrival.usage is None  # so what arrived is counted
