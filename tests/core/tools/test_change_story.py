"""What core.tools.change_story promises."""

from __future__ import annotations

import numpy as np


def _made(made, amount):
    rng = np.random.default_rng(0)
    n = 1_460
    day = np.datetime64("2024-01-01") + np.arange(n) // 2
    late = day >= np.datetime64("2025-10-01")
    kind = np.array(["a", "b"])[np.arange(n) % 2]
    return made({"day": day, "kind": kind, "amount": amount(late, kind, rng.normal(100, 8, n))})


def test_a_rise_is_told_as_a_rise(tools, made):
    tables = _made(made, lambda late, kind, x: x + 60.0 * (late & (kind == "b")))
    outcome = tools["change"](tables, {"table": "t", "measure": "amount"})
    titles = [finding.title for finding in outcome.findings]
    assert titles[0].startswith("{measure} rose by {drop}")
    assert any("of the rise" in title for title in titles)


def test_no_sentence_types_a_number_whatever_the_names_hold(tools, made):
    tables = _made(made, lambda late, kind, x: x - 60.0 * (late & (kind == "b")))
    outcome = tools["change"](tables, {"table": "t", "measure": "amount", "period": "month"})
    for finding in outcome.findings:
        for text in (finding.title, *finding.details, *finding.caveats):
            assert not any(c.isdigit() for c in text)


def test_a_period_of_zeros_has_no_share(tools, made):
    tables = _made(made, lambda late, kind, x: x * late * (kind != ""))
    outcome = tools["change"](tables, {"table": "t", "measure": "amount", "period": "quarter"})
    assert "share" not in outcome.findings[0].figures
