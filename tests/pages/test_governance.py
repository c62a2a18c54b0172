"""Governance: every view draws, runs are linkable, cells are neutral."""

from __future__ import annotations

import pytest

from components.govern.view import views
from tests import screens


@pytest.mark.parametrize("view", views())
@pytest.mark.usefixtures("front", "asked")
def test_every_view_draws(view):
    at = screens.shell("governance", view=view)
    assert not at.exception
    assert not at.error


@pytest.mark.usefixtures("front")
def test_an_unknown_view_is_the_overview():
    assert "Spent today" in screens.text(screens.shell("governance", view="nonsense"))


@pytest.mark.usefixtures("front")
def test_a_run_is_linkable_and_lists_its_steps(asked):
    at = screens.shell("governance", view="runs", task=asked)
    assert asked in screens.text(at)
    assert "insight" not in list(at.dataframe[0].value["kind"])
    assert set(at.dataframe[0].value["state"]) <= {"done", "failed", "refused"}


@pytest.mark.usefixtures("front", "asked")
def test_lines_can_be_filtered():
    at = screens.shell("governance", view="runs")
    every = len(at.dataframe[0].value)
    at.text_input(key="filter_runs").set_value("no such words").run()
    assert every >= 1
    assert len(at.dataframe[0].value) == 0
