"""What was counted since the process began: requests, errors, times, tokens, cost by person.

Always on, a few microseconds a step; the same numbers go to the collector when there is one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEYS_MAX = 2_000  # people, models, use cases; whoever comes later is counted as "other"
TIMES_KEPT = 512  # of the newest, for percentiles


@dataclass
class Tally:
    """One line of what was counted."""

    count: int = 0
    errors: int = 0
    tokens: int = 0
    cost_nusd: int = 0
    times_ms: deque[int] = field(default_factory=lambda: deque(maxlen=TIMES_KEPT))
    first_tokens_ms: deque[int] = field(default_factory=lambda: deque(maxlen=TIMES_KEPT))

    @property
    def error_rate(self) -> float:
        """Errors by count, 0 when nothing was counted."""
        return self.errors / self.count if self.count else 0.0


class Counters:
    """Tallies by operation, by model, and by organisation and person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: dict[tuple[str, ...], Tally] = {}
        self._models: dict[tuple[str, ...], Tally] = {}
        self._people: dict[tuple[str, ...], Tally] = {}

    def task(self, line: Mapping[str, Any]) -> None:
        """A finished operation is counted; `line` is its log line."""
        failed = line["state"] in ("failed", "expired")
        with self._lock:
            tally = _tally(self._operations, (line["operation"], line["use_case"]))
            tally.count += 1
            tally.errors += failed
            tally.times_ms.append(line["latency_ms"])

    def call(self, line: Mapping[str, Any]) -> None:
        """A settled step is counted for its model, and its cost for its person."""
        with self._lock:
            kinds = [_tally(self._people, (line["org_id"], line["user_id"]))]
            if line["model"]:
                kinds.append(_tally(self._models, (line["provider"], line["model"])))
            for tally in kinds:
                tally.count += 1
                tally.errors += line["state"] == "failed"
                tally.tokens += line["tokens_used"]
                tally.cost_nusd += line["cost_nusd"]
                tally.times_ms.append(line["latency_ms"])
                if line.get("first_token_ms"):
                    tally.first_tokens_ms.append(line["first_token_ms"])

    def operations(self) -> list[dict[str, Any]]:
        """Rows of operation and use_case, most used first."""
        return self._rows(self._operations, ("operation", "use_case"))

    def models(self) -> list[dict[str, Any]]:
        """Rows of provider and model, most used first."""
        return self._rows(self._models, ("provider", "model"))

    def people(self, org_id: str) -> list[dict[str, Any]]:
        """Rows of the organisation's people, most used first."""
        rows = self._rows(self._people, ("org_id", "person_id"))
        return [row for row in rows if row["org_id"] == org_id]

    def error_rates(self) -> list[tuple[str, float]]:
        """Each operation and the share of its tasks that failed."""
        with self._lock:
            return [(key[0], tally.error_rate) for key, tally in self._operations.items()]

    def _rows(
        self, tallies: dict[tuple[str, ...], Tally], names: Sequence[str]
    ) -> list[dict[str, Any]]:
        with self._lock:
            rows = [
                {
                    **dict(zip(names, key, strict=True)),
                    "count": tally.count,
                    "errors": tally.errors,
                    "error_rate": tally.error_rate,
                    "tokens": tally.tokens,
                    "cost_nusd": tally.cost_nusd,
                    "p50_ms": percentile(tally.times_ms, 0.5),
                    "p95_ms": percentile(tally.times_ms, 0.95),
                    "first_token_p50_ms": percentile(tally.first_tokens_ms, 0.5),
                }
                for key, tally in tallies.items()
            ]
        return sorted(rows, key=lambda row: -row["count"])


def percentile(values: Sequence[int], share: float) -> int | None:
    """The value that `share` of the values do not exceed; None of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None


def _tally(tallies: dict[tuple[str, ...], Tally], key: tuple[str, ...]) -> Tally:
    if key not in tallies and len(tallies) >= KEYS_MAX:
        key = ("other",) * len(key)
    return tallies.setdefault(key, Tally())
