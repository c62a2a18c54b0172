"""Receipts: which findings the data supports, after every comparison looked at is counted.

All tests of a family are corrected together (Benjamini-Yekutieli, valid however they depend on each
other). A finding is supported when each test it names passes and its effect is worth a slide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from pydantic import BaseModel

from core.tools.evidence import Finding, Outcome, Test

Q_MAX = 0.01


class Look(BaseModel):
    """One run of a recipe: its number in the task, and the family its tests belong to."""

    number: int
    family: str
    direct: bool
    outcome: Outcome


class Receipt(BaseModel):
    """What stands behind one finding: how much was looked at, how odd it is, how large."""

    finding: str  # LOOK.KEY
    family: str
    direct: bool
    tests: int  # comparisons in the family, all of them
    q: float | None = None
    effect: float | None = None
    effect_kind: str = ""
    supported: bool = False
    description: bool = False  # rests on no test: a fact of the data, not a discovery
    reason: str = ""


def receive(looks: list[Look], q_max: float = Q_MAX) -> list[Receipt]:
    """One receipt per finding, in the order of looks and findings.

    A finding that names a test its own outcome does not have is never supported.
    """
    families: dict[str, list[Look]] = {}
    for look in looks:
        families.setdefault(look.family, []).append(look)
    adjusted: dict[tuple[int, int], float] = {}  # (place of look, place of test) -> q
    counts: dict[str, int] = {}
    places = {id(look): i for i, look in enumerate(looks)}
    for family, members in families.items():
        spots = [(places[id(look)], i) for look in members for i in range(len(look.outcome.tests))]
        p = [looks[at].outcome.tests[i].p for at, i in spots]
        adjusted |= dict(zip(spots, yekutieli(p), strict=True))
        counts[family] = len(spots)
    return [
        _receipt(look, finding, _named(look, finding, at, adjusted), counts[look.family], q_max)
        for at, look in enumerate(looks)
        for finding in look.outcome.findings
    ]


def yekutieli(p: Sequence[float]) -> list[float]:
    """Adjusted p of each test, in the order given (Benjamini and Yekutieli, 2001)."""
    n = len(p)
    if not n:
        return []
    order = np.argsort(p, kind="stable")
    penalty = n * np.sum(1.0 / np.arange(1, n + 1))
    raised = np.asarray(p, dtype=float)[order] * penalty / np.arange(1, n + 1)
    q = np.minimum(1.0, np.minimum.accumulate(raised[::-1])[::-1])
    result = np.empty(n)
    result[order] = q
    return [float(value) for value in result]


def _named(
    look: Look, finding: Finding, at: int, adjusted: dict[tuple[int, int], float]
) -> list[tuple[Test, float]] | None:
    """The tests the finding names with their q; None if one of them does not exist."""
    known = {test.name: (test, adjusted[at, i]) for i, test in enumerate(look.outcome.tests)}
    if any(name not in known for name in finding.tests):
        return None
    return [known[name] for name in finding.tests]


def _receipt(
    look: Look,
    finding: Finding,
    tests: list[tuple[Test, float]] | None,
    count: int,
    q_max: float,
) -> Receipt:
    receipt = Receipt(
        finding=f"{look.number}.{finding.key}", family=look.family, direct=look.direct, tests=count
    )
    if tests is None:
        receipt.reason = "It names a test that was not made."
        return receipt
    if not tests:
        receipt.description = True
        receipt.reason = "A fact of the data; nothing was tested."
        return receipt
    weakest = max(tests, key=lambda item: item[1])
    receipt.q = weakest[1]
    receipt.effect, receipt.effect_kind = tests[0][0].effect, tests[0][0].effect_kind
    receipt.supported, receipt.reason = _verdict(tests, q_max)
    return receipt


def _verdict(tests: Iterable[tuple[Test, float]], q_max: float) -> tuple[bool, str]:
    for test, q in tests:
        if not q <= q_max:
            return False, "It may be chance, given how much was looked at."
        if abs(test.effect) < test.floor:
            return False, "It is real but too small to matter."
    return True, "It is beyond chance and large enough to matter."
