"""An act in progress: its meter, its voice and its off switch."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import CancelledError
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled
from core.kernel.calls import Call, Calls
from tests.core.kernel.proofs.parts import ANA, LONG_S, acting, until


def test_cancel_uses_the_stop_of_a_blocking_act(kernel):
    task_id = kernel.submit("blocked", {}, ANA)
    acting(kernel, task_id)
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled", "done")  # by itself it blocks for much longer


def heard():
    """An event log that only listens."""
    said = []
    return SimpleNamespace(said=said, append=lambda *event: said.append(event))


@given(st.lists(st.tuples(st.sampled_from(["nusd", "tokens", "frames"]), st.integers(0, 10**12))))
def test_the_meter_adds_up(reports):
    call = Call("t", 1, heard())
    for unit, amount in reports:
        call.spend(**{unit: amount})
    for unit in {unit for unit, _ in reports}:
        assert call.spent[unit] == sum(amount for of, amount in reports if of == unit)


def test_a_use_is_a_row_and_counts_on_the_meter():
    call = Call("t", 1, heard())
    call.use(provider="p", model="m", cost_nusd=40, prompt_tokens=9, completion_tokens=3)
    call.use(provider="p", model="m", cost_nusd=2, units=1)
    assert call.spent == {"nusd": 42, "tokens": 12}
    assert [use["cost_nusd"] for use in call.uses] == [40, 2]


def test_what_is_streamed_is_told_and_kept():
    log = heard()
    call = Call("t", 3, log)
    call.keep("a")
    call.keep("b")
    call.say("progress", done=1)
    assert call.made == ["a", "b"]
    assert log.said == [
        ("t", "delta", {"seq": 3, "text": "a"}),
        ("t", "delta", {"seq": 3, "text": "b"}),
        ("t", "progress", {"seq": 3, "done": 1}),
    ]


def test_a_stop_interrupts_waiting_work():
    call = Call("t", 1, heard())
    threading.Timer(0.05, call.stop).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        call.wait(asyncio.sleep(LONG_S))
    assert time.monotonic() - began < LONG_S / 2


def test_every_stop_is_called_once_and_a_late_one_at_once():
    call, stops = Call("t", 1, heard()), []
    call.on_stop(lambda: stops.append("early"))
    call.stop()
    call.stop()
    assert stops == ["early"]
    call.on_stop(lambda: stops.append("late"))
    assert stops == ["early", "late"]


def test_a_task_that_is_being_stopped_starts_nothing_more_until_it_is_forgotten():
    calls, first = Calls(), Call("t", 1, heard())
    calls.start(first)
    assert (calls.keys(), calls.tasks()) == (["t:1"], ["t"])
    calls.stop("t")
    assert first.stopped
    with pytest.raises(Cancelled):
        calls.start(Call("t", 2, heard()))
    calls.start(Call("other", 1, heard()))
    calls.end(first)
    calls.end(first)  # an abandoned act ends after its task
    assert calls.tasks() == ["other"]
    calls.forget("t")
    calls.start(Call("t", 1, heard()))
