"""Events become what a viewer sees; the same events, the same picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from components.lab.run_log import RunLog


def test_a_run_is_told_from_its_events(event):
    log = RunLog()
    log.take(event("task.queued", leg=1))
    log.take(event("task.running"))
    assert log.take(event("step.running", seq=1, kind="tool", name="change")) == "step 1"
    log.take(event("insight.iteration", seq=1, number=2, of=12, tool="change"))
    log.take(event("progress", seq=1, note="Reading", done=1, of=4))
    log.take(event("step.done", seq=1, name="change", spent={"nusd": 5, "tokens": 7}))
    log.take(event("step.running", seq=2, kind="deck", name="deck"))
    log.take(event("step.done", seq=2, name="deck", spent={}))
    assert log.take(event("task.done")) == "run"
    step = log.steps[1]
    assert (step.state, step.iteration, step.note) == ("done", 2, "Reading")
    assert (log.nusd, log.tokens, log.deck_seq) == (5, 7, 2)
    assert (log.iteration, log.iterations_max, log.is_over) == (2, 12, True)
    assert log.last == 9


def test_a_restarted_step_forgets_what_it_had_said(event):
    log = RunLog()
    log.take(event("step.running", seq=1, kind="model", name="decide"))
    log.take(event("delta", seq=1, text="first try"))
    log.take(event("step.restarted", seq=1))
    log.take(event("delta", seq=1, text="again"))
    assert log.steps[1].text == "again"
    assert log.steps[1].is_open


def test_a_refusal_keeps_its_reason(event):
    log = RunLog()
    log.take(event("step.refused", seq=3, name="decide", code="budget_exceeded", message="No."))
    assert log.steps[3].details["message"] == "No."
    assert not log.steps[3].is_open


def test_an_unknown_event_changes_nothing(event):
    log = RunLog()
    assert log.take(event("weather.sunny")) == ""
    assert log.take(event("delta", seq=99, text="of a step never seen")) == ""


@given(some.lists(some.sampled_from(["running", "done", "failed", "restarted"]), max_size=12))
def test_taking_the_same_events_twice_gives_the_same_picture(kinds):
    from types import SimpleNamespace

    from core.storage.database import now

    at = now()
    events = [
        SimpleNamespace(id=i, type=f"step.{kind}", data={"seq": 1, "name": "x"}, at=at)
        for i, kind in enumerate(kinds, 1)
    ]
    first, second = RunLog(), RunLog()
    for event in events:
        first.take(event)
        second.take(event)
    assert first == second


def test_an_answer_that_began_anew_voids_what_the_other_model_said(event):
    log = RunLog()
    log.take(event("step.running", seq=1, kind="model", name="conversation"))
    log.take(event("delta", seq=1, text="Subject: your"))
    log.take(event("step.failed", seq=1, name="conversation", spent={"nusd": 5, "tokens": 26}))
    log.take(event("step.running", seq=2, kind="model", name="conversation"))
    assert log.take(event("model.restarted", seq=2, after="openai/gpt-4.1")) == "step 2"
    log.take(event("delta", seq=2, text="Hello"))
    assert log.steps[1].is_void
    assert (log.steps[2].after, log.steps[2].text) == ("openai/gpt-4.1", "Hello")
    assert not log.steps[2].is_void


def test_a_tool_whose_answer_was_known_says_so(event):
    log = RunLog()
    log.take(event("step.running", seq=1, kind="tool", name="total"))
    assert log.take(event("tool.cached", seq=1, tool="total")) == "step 1"
    assert log.steps[1].is_cached
    assert log.take(event("tool.cached", seq=9, tool="total")) == ""
