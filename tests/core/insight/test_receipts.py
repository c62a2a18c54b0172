"""What core.insight.receipts promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight.receipts import Look, receive, yekutieli
from core.tools.evidence import Finding, Outcome, Test

P = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def _look(number, tests, findings, family="sweep"):
    made = [
        Test(name=n, method="m", n=9, p=p, effect=e, effect_kind="SD", floor=0.2)
        for n, p, e in tests
    ]
    written = [Finding(key=key, title="Something", tests=names) for key, names in findings]
    outcome = Outcome(recipe="r", params={}, tests=made, findings=written)
    return Look(number=number, family=family, direct=family != "sweep", outcome=outcome)


@given(P)
def test_q_is_that_of_benjamini_and_yekutieli(p):
    from scipy.stats import false_discovery_control

    assert np.allclose(yekutieli(p), false_discovery_control(p, method="by"))


@given(P, st.integers(0, 30))
def test_looking_at_more_never_makes_a_finding_surer(p, more):
    before = yekutieli(p)
    after = yekutieli([*p, *[1.0] * more])[: len(p)]
    assert all(b >= a - 1e-12 for a, b in zip(before, after, strict=True))


def test_every_test_of_a_family_is_counted_and_families_are_apart():
    looks = [
        _look(1, [("a", 1e-5, 1)] + [(f"t{i}", 0.5, 1) for i in range(30)], [("k", ["a"])]),
        _look(2, [("b", 0.4, 1)], [("k", ["b"])]),
        _look(3, [("a", 0.004, 1)], [("k", ["a"])], family="question"),
    ]
    first, second, third = receive(looks)
    assert (first.finding, first.tests, first.supported) == ("1.k", 32, True)
    assert (second.tests, second.supported) == (32, False)
    assert (third.tests, third.q, third.supported, third.direct) == (1, 0.004, True, True)


def test_a_real_but_small_effect_is_not_supported():
    [receipt] = receive([_look(1, [("a", 1e-9, -0.1)], [("k", ["a"])])])
    assert not receipt.supported
    assert "small" in receipt.reason
    [receipt] = receive([_look(1, [("a", 1e-9, -0.3)], [("k", ["a"])])])
    assert receipt.supported


def test_every_test_that_a_finding_names_has_to_pass():
    tests = [("a", 1e-9, 1), ("b", 0.3, 1)]
    [receipt] = receive([_look(1, tests, [("k", ["a", "b"])])])
    assert not receipt.supported
    assert receipt.q == pytest.approx(0.45)


def test_a_description_is_never_a_discovery():
    [receipt] = receive([_look(1, [], [("k", [])])])
    assert receipt.description
    assert not receipt.supported


def test_a_test_that_was_not_made_supports_nothing():
    [receipt] = receive([_look(1, [("a", 1e-9, 1)], [("k", ["other"])])])
    assert not receipt.supported
    assert not receipt.description
