"""A task's events as what a viewer sees. Pure: the same events give the same picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.kernel.records import ENDED

STEP_ENDS = ("done", "failed", "refused", "cancelled", "expired")


@dataclass
class StepLine:
    """One act as the timeline shows it."""

    seq: int
    kind: str
    name: str
    parent_seq: int | None = None
    state: str = "running"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    nusd: int = 0
    tokens: int = 0
    text: str = ""  # what a model has said so far
    after: str = ""  # the model whose answer broke off before this one began anew
    is_void: bool = False  # another model began anew: what was said here is no part of the answer
    is_cached: bool = False  # nothing ran: the same was known already
    note: str = ""
    done: float | None = None
    of: float | None = None
    iteration: int | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state not in STEP_ENDS


@dataclass
class RunLog:
    """Everything the events have said so far; `last` is the number of the last one."""

    state: str = "queued"
    last: int = 0
    queued_at: datetime | None = None
    ended_at: datetime | None = None
    steps: dict[int, StepLine] = field(default_factory=dict)
    iteration: int = 0
    iterations_max: int = 0
    deck_seq: int = 0  # the step whose outcome names the newest deck, which may still grow
    error: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the task has ended."""
        return self.state in ENDED

    @property
    def nusd(self) -> int:
        """What its steps have cost."""
        return sum(step.nusd for step in self.steps.values())

    @property
    def tokens(self) -> int:
        """Tokens its steps have used."""
        return sum(step.tokens for step in self.steps.values())

    def take(self, event: Any) -> str:
        """Add one event (id, type, data, at); returns what changed: "run" or a step."""
        self.last = event.id
        room, _, what = event.type.partition(".")
        if room == "task":
            return self._task(what, event)
        if room == "step":
            return self._step(what, event)
        if room == "insight":
            return self._insight(what, event.data)
        if room in ("delta", "progress"):
            return self._said(room, event.data)
        if event.type in ("model.restarted", "tool.cached"):
            return self._noted(event.type, event.data)
        return ""

    def _task(self, what: str, event: Any) -> str:
        self.state = what
        if what == "queued" and self.queued_at is None:
            self.queued_at = event.at
        if what in ENDED:
            self.ended_at = event.at
            self.error = event.data.get("error") or (event.data if "code" in event.data else None)
        return "run"

    def _step(self, what: str, event: Any) -> str:
        data = event.data
        seq = data["seq"]
        step = self.steps.get(seq)
        if step is None:
            step = StepLine(seq, data.get("kind", ""), data.get("name", ""), data.get("parent_seq"))
            self.steps[seq] = step
        if what == "restarted":
            step.text, step.state = "", "running"
            return f"step {seq}"
        step.state = what
        step.started_at = step.started_at or event.at
        if what in STEP_ENDS:
            step.ended_at = event.at
            spent = data.get("spent") or {}
            step.nusd, step.tokens = spent.get("nusd", 0), spent.get("tokens", 0)
            step.details = {k: v for k, v in data.items() if k in ("code", "message", "hint")}
            if step.kind == "deck" and what == "done":
                self.deck_seq = seq
        return f"step {seq}"

    def _insight(self, what: str, data: dict[str, Any]) -> str:
        if what == "iteration":
            self.iteration, self.iterations_max = data.get("number", 0), data.get("of", 0)
            step = self.steps.get(data.get("seq", -1))
            if step:
                step.iteration = self.iteration
            return "run"
        return ""

    def _noted(self, what: str, data: dict[str, Any]) -> str:
        step = self.steps.get(data.get("seq", -1))
        if step is None:
            return ""
        if what == "tool.cached":
            step.is_cached = True
        else:
            step.after, step.text = str(data.get("after") or ""), ""
            broken = [s for s in self.steps.values() if s.seq < step.seq and s.kind == "model"]
            if broken:
                broken[-1].is_void = broken[-1].state == "failed"
        return f"step {step.seq}"

    def _said(self, room: str, data: dict[str, Any]) -> str:
        step = self.steps.get(data.get("seq", -1))
        if step is None:
            return ""
        if room == "delta":
            step.text += data.get("text", "")
        else:
            step.note = str(data.get("note") or "")
            step.done, step.of = data.get("done"), data.get("of")
        return f"step {step.seq}"
