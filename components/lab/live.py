"""Events of a running task, with a tick between them so that the page can be interrupted.

Streamlit interrupts a script only where it calls a Streamlit command. A viewer that waits in the
event log would not hear the Stop button, so one thread a task follows the log and every viewer
waits here, at most a tick at a time. The thread ends with the task or with its last viewer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

TICK_S = 0.25
IDLE_S = 30.0  # a follower without viewers ends after this long


class Follower:
    """All events of one task so far, in order."""

    def __init__(self, kernel: Any, task_id: str) -> None:
        self.events: list[Any] = []
        self.ended = False
        self.changed = threading.Condition()
        self.seen_at = time.monotonic()
        self._kernel = kernel
        self._task_id = task_id
        threading.Thread(target=self._run, name=f"follow {task_id[:8]}", daemon=True).start()

    def after(self, last: int, patience_s: float = TICK_S) -> list[Any]:
        """Events numbered above `last`; empty when none came within `patience_s`."""
        self.seen_at = time.monotonic()
        with self.changed:
            self.changed.wait_for(lambda: len(self.events) > last or self.ended, patience_s)
            return self.events[last:]

    def _run(self) -> None:
        try:
            for event in self._kernel.follow(self._task_id):
                with self.changed:
                    self.events.append(event)
                    self.changed.notify_all()
                if time.monotonic() - self.seen_at > IDLE_S:
                    break
        finally:
            with self.changed:
                self.ended = True
                self.changed.notify_all()


class Followers:
    """The followers of one process, by task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[int, str], Follower] = {}

    def of(self, kernel: Any, task_id: str) -> Follower:
        """The task's follower; a new one when there is none or it has ended."""
        key = (id(kernel), task_id)
        with self._lock:
            self._open = {k: f for k, f in self._open.items() if not f.ended or k == key}
            found = self._open.get(key)
            if found is None or found.ended:
                found = self._open[key] = Follower(kernel, task_id)
            return found


_followers = Followers()


def follow(kernel: Any, task_id: str, after: int = 0) -> Iterator[list[Any]]:
    """Lists of new events until the task has ended; an empty list is a tick to draw the time."""
    follower = _followers.of(kernel, task_id)
    last = after
    while True:
        events = follower.after(last)
        last += len(events)
        yield events
        if follower.ended and last >= len(follower.events):
            return
