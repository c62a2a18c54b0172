"""Governance: every view draws, runs are linkable, cells are neutral."""

from __future__ import annotations

import pytest

from components.govern.views import VIEWS
from tests import screens


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws(front, asked, view):
    at = screens.shell("governance", view=view)
    assert not at.exception
    assert not at.error


def test_an_unknown_view_is_the_overview(front):
    assert "Spent today" in screens.text(screens.shell("governance", view="nonsense"))


def test_a_run_is_linkable_and_lists_its_steps(front, asked):
    at = screens.shell("governance", view="runs", task=asked)
    assert asked in screens.text(at)
    assert "insight" not in list(at.dataframe[0].value["kind"])
    assert set(at.dataframe[0].value["state"]) <= {"done", "failed", "refused"}


def test_lines_can_be_filtered(front, asked):
    at = screens.shell("governance", view="runs")
    every = len(at.dataframe[0].value)
    at.text_input(key="filter_runs").set_value("no such words").run()
    assert every >= 1
    assert len(at.dataframe[0].value) == 0
