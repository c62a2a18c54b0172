"""Batches as providers work them off, scripted: how fast, how they end, what goes wrong."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.server import Cut, Loopback, Turn


@dataclass
class Handed:
    """One batch. `requests` are (name, body); `done` of them have been worked on."""

    id: str
    requests: list[tuple[str, dict[str, Any]]]
    metadata: dict[str, Any] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)
    state: str = "working"  # working, stopping, completed, failed, expired, cancelled
    done: int = 0
    looks: int = 0


@dataclass
class Desk:
    """What happens to batches here. Requests are answered by `loopback.script[model]`."""

    loopback: Loopback = field(default_factory=Loopback)
    batches: dict[str, Handed] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)  # ids, each time somebody asked
    looks: int = 1  # a batch ends when it was looked at so often; 0: never by itself
    ends: str = "completed"  # or failed, expired
    done: int | None = None  # of its requests when it ends; None: all
    stops_at_once: bool = True  # a cancelled batch ends with the next look
    silent_s: float = 0.0  # before the answer to a new batch
    drops: bool = False  # a new batch is made, and the connection breaks
    refuses: int = 0  # status of the answer to a new batch
    down: int = 0  # so many of the next looks get a 503
    short: int = 0  # so many lines are missing in the first answers
    without_usage: bool = False
    lines: Callable[[str], str] | None = None  # changes a line of the results

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.loopback.url

    @property
    def only(self) -> Handed:
        """The one batch there is."""
        (batch,) = self.batches.values()
        return batch

    def hand_over(self, requests: list[tuple[str, dict[str, Any]]], **about: Any) -> Handed:
        """A new batch."""
        batch = Handed(f"batch_{len(self.batches) + 1}", requests, **about)
        self.batches[batch.id] = batch
        return batch

    def look(self, batch: Handed) -> None:
        """Somebody looks; the batch is further each time."""
        batch.looks += 1
        total = len(batch.requests)
        if batch.state == "stopping" and self.stops_at_once:
            batch.state = "cancelled"
        if batch.state != "working":
            return
        if self.looks and batch.looks >= self.looks:
            batch.state = self.ends
            batch.done = total if self.done is None else self.done
        elif self.looks:
            batch.done = total * batch.looks // self.looks

    def stop(self, batch: Handed) -> bool:
        """Whether it could be stopped."""
        self.cancelled.append(batch.id)
        if batch.state != "working":
            return False
        batch.state = "stopping"
        batch.done = batch.done if self.done is None else self.done
        return True

    def results(self, batch: Handed) -> list[tuple[str, dict[str, Any], Turn | str]]:
        """(name, body, its turn, or why it was not reached), the last one first."""
        reason = {"expired": "expired", "cancelled": "cancelled"}.get(batch.state, "expired")
        found: list[tuple[str, dict[str, Any], Turn | str]] = []
        for place, (name, body) in enumerate(batch.requests):
            reached = place < batch.done
            found.append((name, body, self.loopback.turn(body) if reached else reason))
        found.reverse()
        if self.short:
            self.short -= 1
            found = found[1:]
        return found


async def broken() -> AsyncIterator[str]:
    """An answer that breaks off."""
    yield "{"
    raise Cut
