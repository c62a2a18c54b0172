"""The event log: numbered per task, written in groups, followed from any id."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from core.errors import NotFound
from core.kernel.records import ENDED, EVENT, TASK
from core.storage.database import Database, now
from core.telemetry.unbroken import Unbroken

ADD = sa.insert(EVENT)
COUNT = sa.update(TASK).where(TASK.c.id == sa.bindparam("of"))
COUNT = COUNT.values(events=TASK.c.events + sa.bindparam("more"))
COUNT = COUNT.returning(TASK.c.events, TASK.c.org_id, TASK.c.state)
LAST = tuple(f"task.{state}" for state in ENDED)


class EventLog:
    """Deltas of all tasks go through one writer thread; state changes ride in their transaction."""

    def __init__(
        self,
        database: Database,
        redact: Callable[[Any], Any],
        *,
        every_s: float = 0.03,
        poll_s: float = 0.5,
    ) -> None:
        self._database = database
        self._redact = redact
        self._every_s = every_s
        self._poll_s = poll_s  # for what other processes wrote
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._ready = threading.Event()
        self._changed = threading.Condition()
        self._versions: dict[str, int] = {}  # of the tasks that are followed, and by how many
        self._followers: Counter[str] = Counter()
        self._pending: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._closed = False
        self._unbroken = Unbroken("event log")
        threading.Thread(target=self._write_forever, name="events", daemon=True).start()

    def append(self, task_id: str, type: str, data: dict[str, Any]) -> None:
        """Queue an event; it is in the log about 30 ms later, or after `flush`."""
        with self._lock:
            self._pending.setdefault(task_id, []).append((type, data))
        self._ready.set()

    def write(self, db: sa.Connection, task_id: str, *events: tuple[str, dict[str, Any]]) -> str:
        """Number and store `events` in the caller's transaction; returns the task's state.

        The task's row stays locked until the commit, so numbers become visible in order and
        whoever saw n has seen everything below n.
        """
        last, org_id, state = db.execute(COUNT, {"of": task_id, "more": len(events)}).one()
        first = last - len(events) + 1
        common = {"task_id": task_id, "org_id": org_id, "at": now()}
        db.execute(
            ADD,
            [
                {**common, "id": first + i, "type": type, "data": self._redact(data)}
                for i, (type, data) in enumerate(events)
            ],
        )
        return state

    def announce(self, task_ids: Iterable[str]) -> None:
        """Wake the viewers of `task_ids`; call after the commit."""
        with self._changed:
            for task_id in self._versions.keys() & set(task_ids):
                self._versions[task_id] += 1
            self._changed.notify_all()

    def flush(self) -> None:
        """Everything appended before the call is in the log."""
        with self._flushing:
            with self._lock:
                batch, self._pending = self._pending, {}
                self._ready.clear()
            if not batch:
                return

            def write_batch(db: sa.Connection) -> None:
                for task_id in sorted(batch):  # one order, or two processes could deadlock
                    self.write(db, task_id, *batch[task_id])

            try:
                self._database.transaction(write_batch)
            except BaseException:  # a full disk too: nothing that was said is lost
                with self._lock:
                    for task_id, events in batch.items():
                        self._pending[task_id] = events + self._pending.get(task_id, [])
                raise
        self.announce(batch)

    def since(self, task_id: str, after: int = 0) -> list[sa.Row[Any]]:
        """Events numbered above `after`, in order; at most 1,000."""
        query = sa.select(EVENT).where(EVENT.c.task_id == task_id, EVENT.c.id > after)
        return self._database.rows(query.order_by(EVENT.c.id).limit(1000))

    def tries(self, task_id: str, seq: int) -> list[str]:
        """The text that viewers saw of each try of a step so far; one, unless a crash cut it."""
        kinds = EVENT.c.type.in_(("delta", "step.restarted"))
        query = sa.select(EVENT.c.type, EVENT.c.data).where(EVENT.c.task_id == task_id, kinds)
        said = [""]
        for event in self._database.rows(query.order_by(EVENT.c.id)):
            if event.data["seq"] == seq and event.type == "delta":
                said[-1] += event.data["text"]
            elif event.data["seq"] == seq:
                said.append("")
        return said

    def follow(self, task_id: str, after: int = 0) -> Iterator[sa.Row[Any]]:
        """Events above `after` as they are recorded, until the task has ended."""
        if not self._database.rows(sa.select(TASK.c.id).where(TASK.c.id == task_id)):
            raise NotFound(f"No task {task_id!r}.")
        with self._followed(task_id):
            while not self._closed:
                seen = self._versions[task_id]
                events = self.since(task_id, after)
                for event in events:
                    yield event
                    after = event.id
                    if event.type in LAST:
                        return
                if not events:
                    with self._changed:
                        self._changed.wait_for(
                            lambda seen=seen: self._versions[task_id] != seen or self._closed,
                            self._poll_s,
                        )

    def close(self) -> None:
        """What was appended is written; viewers and the writer end."""
        try:
            self.flush()
        finally:
            self._closed = True
            self._ready.set()
            self.announce(())

    @contextmanager
    def _followed(self, task_id: str) -> Iterator[None]:
        """Somebody follows the task; nothing is kept of one that nobody follows."""
        with self._changed:
            self._followers[task_id] += 1
            self._versions.setdefault(task_id, 0)
        try:
            yield
        finally:
            with self._changed:
                self._followers[task_id] -= 1
                if not self._followers[task_id]:
                    del self._followers[task_id], self._versions[task_id]

    def _write_forever(self) -> None:
        while not self._closed:
            self._ready.wait()
            with self._unbroken:  # what could not be written is kept, and tried again
                self.flush()
            time.sleep(self._every_s)  # the first event of a burst goes at once
