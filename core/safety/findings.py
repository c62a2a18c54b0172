"""What was found in a text or a picture, and how bad it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["low", "medium", "severe"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "severe")


@dataclass(frozen=True)
class Finding:
    """One rule, or one category of a judge, that holds. `excerpt` is not yet redacted."""

    category: str
    score: float  # 0 to 1
    severity: Severity
    rule: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a provider's model says: a score from 0 to 1 for each category.

    `uses` are usage rows of the step it guards (columns of ledger_usage); `note` says that it read
    a part only.
    """

    model: str
    scores: dict[str, float]
    flagged: tuple[str, ...] = ()
    uses: tuple[dict[str, Any], ...] = field(default=())
    note: str = ""


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity, or None when nothing was found."""
    places = [SEVERITIES.index(finding.severity) for finding in findings]
    return SEVERITIES[max(places)] if places else None


def scores(findings: Iterable[Finding]) -> dict[str, float]:
    """The highest score of each category, by its name."""
    found: dict[str, float] = {}
    for finding in findings:
        found[finding.category] = max(found.get(finding.category, 0.0), finding.score)
    return dict(sorted(found.items()))
