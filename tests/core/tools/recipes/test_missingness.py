"""What core.tools.recipes.missingness promises."""

from __future__ import annotations

import numpy as np


def _columns(by_kind):
    rng = np.random.default_rng(0)
    kind = np.array(["a", "b"])[rng.integers(0, 2, 2_000)]
    gone = rng.random(2_000) < (np.where(kind == "a", 0.3, 0.02) if by_kind else 0.1)
    return {
        "kind": kind,
        "x": [None if g else v for g, v in zip(gone, rng.normal(size=2_000), strict=True)],
        "y": rng.normal(size=2_000),
    }


def test_values_missing_with_a_segment_are_told(tools, made, resolved):
    outcome = tools["missingness"](made(_columns(True)), {"table": "t"})
    assert {test.name for test in outcome.tests} == {"missing x by kind", "missing x with y"}
    assert resolved(outcome)["missing_x_by_kind", "top"] == "a"


def test_values_missing_by_chance_are_counted_only(tools, made, resolved):
    columns = _columns(False)
    outcome = tools["missingness"](made(columns), {"table": "t"})
    assert [finding.key for finding in outcome.findings] == ["missing"]
    assert resolved(outcome)["missing", "count"] == columns["x"].count(None)


def test_complete_tables_have_nothing_to_check(tools, made):
    outcome = tools["missingness"](made({"x": [1.5, 2.5] * 30}), {"table": "t"})
    assert outcome.notes == ["No column has missing values."]
