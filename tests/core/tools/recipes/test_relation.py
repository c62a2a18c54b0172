"""What core.tools.recipes.relation promises."""

from __future__ import annotations

import numpy as np
import pytest


def _columns():
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=2_000), rng.integers(0, 3, 2_000)
    return {
        "x": x,
        "y": np.round(0.4 * x + rng.normal(size=2_000), 1),
        "z": rng.normal(size=2_000),
        "kind": np.array(list("abc"))[kind],
        "size": np.array(list("stu"))[np.where(rng.random(2_000) < 0.5, kind, 0)],
    }


def test_pairs_that_go_together_are_told_with_the_textbook_number(tools, made, resolved):
    from scipy import stats

    columns = _columns()
    outcome = tools["relation"](made(columns), {"table": "t"})
    assert {finding.key for finding in outcome.findings} == {"x_with_y", "kind_with_size"}
    assert len(outcome.tests) == 4
    rho = resolved(outcome)["x_with_y", "rho"]
    assert rho == pytest.approx(stats.spearmanr(columns["x"], columns["y"])[0], abs=1e-8)


def test_one_measure_is_related_to_all_others(tools, made):
    outcome = tools["relation"](made(_columns()), {"table": "t", "measures": ["z"]})
    assert [test.name for test in outcome.tests] == ["z with x", "z with y"]


def test_levels_of_one_hierarchy_are_not_a_discovery(tools, made):
    columns = _columns()
    columns["group"] = np.where(columns["kind"] == "a", "one", "other")
    outcome = tools["relation"](made(columns), {"table": "t"})
    assert not any("group" in test.name and "kind" in test.name for test in outcome.tests)
    assert any("hierarchy" in note for note in outcome.notes)
