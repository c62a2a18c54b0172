"""What core.tools.recipes.trend promises."""

from __future__ import annotations

import numpy as np


def _columns(n=2_000, each=1):
    rng = np.random.default_rng(0)
    return {
        "day": np.datetime64("2018-01-01") + np.arange(n) // each,
        "up": rng.normal(20, 2, n) + 2 * np.linspace(0, 1, n),
        "jump": rng.normal(20, 2, n) - 2 * (np.arange(n) > 1_200),
        "walk": 100 + rng.normal(size=n).cumsum(),
    }


def test_a_drift_and_a_step_are_found_and_a_walk_is_not(tools, made, resolved):
    outcome = tools["trend"](made(_columns()), {"table": "t"})
    keys = {finding.key for finding in outcome.findings}
    assert "average_up_drift" in keys
    assert "average_jump_step" in keys
    assert all(test.p > 1e-3 for test in outcome.tests if "walk" in test.name)
    values = resolved(outcome)
    assert values["average_jump_step", "after"] < values["average_jump_step", "before"]
    assert "2021" in values["average_jump_step", "date"]


def test_each_way_of_looking_is_counted(tools, made):
    columns = _columns(each=4)
    columns["revenue"] = np.abs(columns["up"])
    outcome = tools["trend"](made(columns), {"table": "t", "measure": "revenue"})
    assert {test.name for test in outcome.tests} == {
        "total revenue drifts", "total revenue steps",
        "average revenue drifts", "average revenue steps",
    }  # fmt: skip


def test_without_dates_there_is_a_note(tools, made):
    outcome = tools["trend"](made({"x": np.arange(50.0) % 7}), {"table": "t"})
    assert not outcome.tests
    assert "nothing to follow" in outcome.notes[0]
