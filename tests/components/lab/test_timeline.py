"""Steps in words."""

from __future__ import annotations

from datetime import timedelta

from components.lab import timeline
from components.lab.run_log import RunLog, StepLine
from core.storage.database import now


def step(**values):
    at = now()
    given = {"seq": 1, "kind": "tool", "name": "change", "state": "done", "started_at": at}
    return StepLine(**{**given, "ended_at": at + timedelta(seconds=0.4), **values})


def test_a_step_says_what_it_did_how_long_and_how_dear():
    said = timeline.label(step(nusd=20_000_000))
    assert said == "Compare periods  :small[:gray[change · 0.4 s · $0.02]]"


def test_a_failed_step_says_so_first():
    assert "failed · change" in timeline.label(step(state="failed"))


def test_every_kind_has_words_and_a_new_tool_needs_none():
    assert timeline.title(step(kind="data", name="read shop.csv")) == "Read the file"
    assert timeline.detail(step(kind="data", name="read shop.csv")) == "shop.csv"
    assert timeline.title(step(name="my_new_recipe")) == "My new recipe"


def test_groups_are_not_acts():
    log = RunLog(steps={1: step(seq=1), 2: step(seq=2, parent_seq=1)})
    assert [one.seq for one in timeline.visible(log)] == [2]


def test_what_is_out_of_the_ordinary_is_said_in_words():
    assert timeline.notes(step()) == []
    assert "known already" in timeline.label(step(is_cached=True))
    assert "Nothing was computed" in timeline.notes(step(is_cached=True))[0]
    assert "openai/gpt broke off" in timeline.notes(step(kind="model", after="openai/gpt"))[0]
    assert "no part of the answer" in timeline.notes(step(kind="model", is_void=True))[0]


def test_a_model_outside_the_lab_is_simply_asked():
    assert timeline.title(step(kind="model", name="conversation")) == "Ask a model"
    assert timeline.title(step(kind="model", name="decide")) == "Decide what to look at"
