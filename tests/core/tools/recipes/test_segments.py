"""What core.tools.recipes.segments promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Invalid
from core.insight.receipts import Look, receive


def _columns(shift):
    rng = np.random.default_rng(0)
    kind = np.array(["a", "b", "c", None], dtype=object)[rng.integers(0, 4, 2_000)]
    return {
        "kind": kind,
        "x": rng.normal(10, 2, 2_000) + shift * (kind == "b"),
        "y": rng.random(2_000),
    }


def test_a_higher_segment_is_found_and_named(tools, made, resolved):
    outcome = tools["segments"](made(_columns(1.0)), {"table": "t"})
    assert [test.name for test in outcome.tests] == ["x by kind", "y by kind"]
    receipts = receive([Look(number=1, family="sweep", direct=False, outcome=outcome)])
    assert [r.finding for r in receipts if r.supported] == ["1.x_by_kind"]
    values = resolved(outcome)
    assert values["x_by_kind", "top"] == "b"
    assert values["x_by_kind", "top_value"] > values["x_by_kind", "bottom_value"]
    assert outcome.tests[0].effect > outcome.tests[0].floor


def test_noise_is_tested_and_counted_but_not_supported(tools, made):
    outcome = tools["segments"](made(_columns(0.0)), {"table": "t"})
    assert len(outcome.tests) == 2
    receipts = receive([Look(number=1, family="sweep", direct=False, outcome=outcome)])
    assert not any(receipt.supported for receipt in receipts)


def test_a_direct_question_is_told_whatever_the_test_says(tools, made):
    params = {"table": "t", "measure": "y", "dimensions": ["kind"]}
    outcome = tools["segments"](made(_columns(0.0)), params)
    assert [finding.tests for finding in outcome.findings] == [["y by kind"]]


def test_missing_segments_are_spelled_out(tools, made):
    params = {"table": "t", "measure": "y", "dimensions": ["kind"]}
    outcome = tools["segments"](made(_columns(0.0)), params)
    assert "(missing)" in [row[0] for row in outcome.queries[0].grid.rows]


def test_an_unknown_measure_is_refused(tools, made):
    with pytest.raises(Invalid, match="'z' is not a measure"):
        tools["segments"](made(_columns(0.0)), {"table": "t", "measure": "z"})
