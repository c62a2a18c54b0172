"""Where it went: money first, tokens where everything was free."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.govern.views.spend import BY, bars, name_of
from core.governance.spend import WAYS
from tests import screens
from tests.core.governance import parts  # noqa: F401 - registers an operation that streams

ROWS = [
    SimpleNamespace(key="a", cost_nusd=10**9, tokens=5),
    SimpleNamespace(key="b", cost_nusd=0, tokens=9),
]


def test_every_question_is_one_the_ledger_can_answer():
    assert set(BY) == set(WAYS)


def test_the_greatest_bar_comes_first():
    assert [bar["name"] for bar in bars(ROWS, "day", money=True)["series"][0]["data"]] == ["a", "b"]
    assert [bar["name"] for bar in bars(ROWS, "day", money=False)["series"][0]["data"]] == [
        "b",
        "a",
    ]


@pytest.mark.usefixtures("front", "asked")
def test_each_question_draws():
    for by, word in BY.items():
        at = screens.shell("governance", view="spend", by=word)
        assert not at.exception
        assert at.session_state["by"] == by


@pytest.mark.usefixtures("front")
def test_lines_have_names_for_people():
    assert name_of("", "variant") == "not split"
    assert name_of("cache_write", "unit") == "Cache write"
    assert name_of("openai/gpt-5", "model") == "openai/gpt-5"
    assert name_of("0123456789", "prompt") == "01234567"
    assert name_of("gone", "person") == "gone"


def test_what_runs_is_shown_with_its_cost_and_what_it_holds(front):
    who = front.people.local().who()
    task_id = front.kernel.submit("governed.stream", {}, who)
    next(event for event in front.kernel.follow(task_id) if event.type == "delta")
    at = screens.shell("governance", view="spend")
    assert not at.exception
    said = screens.text(at)
    assert "Running now" in said
    assert "Governed: stream" in said
    front.kernel.cancel(task_id)
    list(front.kernel.follow(task_id))
    assert "Running now" not in screens.text(screens.shell("governance", view="spend"))


@pytest.mark.usefixtures("front")
def test_a_run_is_called_by_its_question_and_opens(asked):
    at = screens.shell("governance", view="spend", by="Run")
    assert not at.exception
    assert name_of(asked, "task") == "Which region brings the most revenue?"
    assert f"/governance?view=runs&task={asked}" in list(at.dataframe[0].value["open"])
