"""A bounded queue and one thread: whoever puts something in never waits for where it goes."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from core.telemetry.unbroken import Unbroken

log = logging.getLogger(__name__)
KEPT_MAX = 2_048  # spans; a few minutes of a busy studio, a few megabytes
BATCH_MAX = 256
EVERY_S = 1.0


class Tally:
    """What one sink took and what it did not; the log says once that it is gone, or back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = self.failed = 0
        self.works = True  # as far as the last delivery shows

    def tell(self, *, works: bool, count: int, took_s: float) -> None:
        """A delivery of `count` items was taken, or was not: one line when that changes."""
        if works:
            self.sent += count
        else:
            self.failed += count
        if works != self.works and works:
            log.info("The sink %s takes data again.", self.name)
        elif works != self.works:
            log.warning("The sink %s took no data for %.1f s; work goes on.", self.name, took_s)
        self.works = works

    def status(self) -> dict[str, int]:
        """How many items were sent, failed, dropped and are waiting."""
        return {"sent": self.sent, "failed": self.failed, "dropped": 0, "waiting": 0}


class Outbox(Tally):
    """Items on their way to one sink. What does not fit is dropped, and counted."""

    def __init__(
        self,
        name: str,
        send: Callable[[list[Any]], bool],
        *,
        kept_max: int = KEPT_MAX,
        every_s: float = EVERY_S,
    ) -> None:
        super().__init__(name)
        self.dropped = 0
        self._send = send
        self._kept: deque[Any] = deque()
        self._kept_max = kept_max
        self._every_s = every_s
        self._wake = threading.Event()
        self._closed = self._given_up = False
        self._unbroken = Unbroken(f"delivery to {name}")
        self._thread = threading.Thread(target=self._deliver, name=f"outbox {name}", daemon=True)
        self._thread.start()

    def put(self, item: Any, *, spare: bool = False) -> None:
        """The item is queued, or counted as dropped. Takes microseconds and never raises.

        `spare` items take at most half of the room, so that they never push out the others.
        """
        room = self._kept_max // 2 if spare else self._kept_max
        if self._closed or len(self._kept) >= room:
            self.dropped += 1
            return
        self._kept.append(item)
        if len(self._kept) >= BATCH_MAX:
            self._wake.set()

    def status(self) -> dict[str, int]:
        """How many items were sent, failed, dropped and are waiting."""
        waiting = 0 if self._given_up else len(self._kept)
        return {**super().status(), "dropped": self.dropped, "waiting": waiting}

    def stop(self) -> None:
        """Nothing more is taken, and what is queued is being sent."""
        self._closed = True
        self._wake.set()

    def close(self, within_s: float) -> None:
        """What is queued was sent, as far as `within_s` allows; the rest counts as dropped."""
        self.stop()
        self._thread.join(within_s)
        self._given_up = True
        self.dropped += len(self._kept)

    def _deliver(self) -> None:
        while not self._closed:
            self._wake.wait(self._every_s)
            self._wake.clear()
            self._empty()
        self._empty()

    def _empty(self) -> None:
        while self._kept and not self._given_up:
            batch = [self._kept.popleft() for _ in range(min(BATCH_MAX, len(self._kept)))]
            began = time.monotonic()
            works = False
            with self._unbroken:
                works = self._send(batch)
            self.tell(works=works, count=len(batch), took_s=time.monotonic() - began)
