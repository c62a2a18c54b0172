"""One thread that looks after what no running task can: deadlines, lost starts, the dead."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import ActFailed, Cancelled
from core.kernel import legs, steps
from core.kernel.gates import Ask, Who
from core.kernel.records import PROCESS, STEP, TASK, WAIT
from core.storage.database import now
from core.telemetry.unbroken import Unbroken

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)
STOP_GRACE = timedelta(seconds=10)  # an act that ignores its stop for so long is abandoned
# What goes on at a provider tells what it cost once it has stopped, here or after a restart.
GRACE_OF_KIND = {"batch": timedelta(minutes=10)}
START_GRACE = timedelta(seconds=5)
BURY_GRACE = timedelta(seconds=60)


class Watch:
    """Every 0.1 s: stops asked for elsewhere. Every second: deadlines, the lost and the dead."""

    def __init__(self, kernel: Kernel, silence_s: float) -> None:
        self._kernel = kernel
        self._silence = timedelta(seconds=silence_s)
        self._alone = kernel.database.is_sqlite
        self._closed = threading.Event()
        self._unbroken = Unbroken("watch")
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Watch until `close`."""
        if not self._alone:
            self.beat()
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        every_s = [self.expire, self.restart, self.abandon]
        every_s += [] if self._alone else [self.beat, self.adopt]
        slow = [self.renew, self.free, self.bury]
        tick = 0
        while not self._closed.wait(1 if self._alone else 0.1):
            tick += 10 if self._alone else 1
            due = [] if self._alone else [self.relay_stops]
            due += every_s if tick % 10 == 0 else []
            for chore in due + (slow if tick % 100 == 0 else []):
                with self._unbroken:
                    chore()

    def expire(self) -> None:
        """Questions past their deadline are answered "expired"."""
        due = sa.select(WAIT)
        due = due.where(WAIT.c.verdict.is_(None), WAIT.c.deadline_at <= now())
        for wait in self._kernel.database.rows(due):
            self._kernel.answer(wait.task_id, wait.seq, "expired", by="clock")

    def restart(self) -> None:
        """Tasks queued in our table but lost before the engine heard of them are started."""
        lost = sa.select(TASK).where(TASK.c.state == "queued", TASK.c.wake_at < now() - START_GRACE)
        for task in self._kernel.database.rows(lost.limit(100)):
            self._kernel.engine.start(task.id, task.leg, task.queue, task.org_id)
            later = sa.update(TASK).where(TASK.c.id == task.id, TASK.c.leg == task.leg)
            later = later.values(wake_at=now() + timedelta(minutes=1))
            self._kernel.database.transaction(lambda db, later=later: db.execute(later))

    def abandon(self) -> None:
        """Acts that ignored their stop are settled at their estimate, and their tasks ended."""
        old = sa.select(TASK).where(
            TASK.c.state == "running", TASK.c.cancel_at < now() - STOP_GRACE
        )
        for task in self._kernel.database.rows(old):
            if task.cancel_at > now() - self._grace(task.id):
                continue
            error = Cancelled("The task was abandoned.").as_value()
            legs.end(self._kernel, task.id, "cancelled", error=error, close=self._closing(task))
            self._kernel.engine.cancel(task.id, task.leg)

    def _grace(self, task_id: str) -> timedelta:
        """How long the acts of the task that run now may take to stop."""
        kinds = sa.select(STEP.c.kind).where(STEP.c.task_id == task_id, STEP.c.state == "running")
        found = self._kernel.database.rows(kinds.where(STEP.c.kind.in_(GRACE_OF_KIND)))
        return max((GRACE_OF_KIND[row.kind] for row in found), default=STOP_GRACE)

    def renew(self) -> None:
        """The holds of what runs here stay alive."""
        self._kernel.ledger.renew(self._kernel.calls.keys())

    def free(self) -> None:
        """Holds of the dead that nobody adopted are given back."""
        for key in self._kernel.ledger.expire():
            log.warning("The hold of step %s expired: its owner is gone.", key)

    def bury(self) -> None:
        """Tasks whose leg the engine gave up are ended; nothing else would ever end them."""
        old = now() - BURY_GRACE
        running = sa.select(TASK).where(TASK.c.state == "running", TASK.c.created_at < old)
        tasks = {f"{task.id}.{task.leg}": task for task in self._kernel.database.rows(running)}
        if not tasks:
            return
        for leg in self._kernel.engine.given_up(list(tasks)):
            task = self._kernel.task(tasks[leg].id)  # it may have gone on since it was read
            if (task.state, f"{task.id}.{task.leg}") != ("running", leg):
                continue
            error = ActFailed("The studio could not go on with this task.", error="GivenUp")
            how = {"error": error.as_value(), "close": self._closing(task)}
            legs.end(self._kernel, task.id, "failed", leg=task.leg, **how)

    def _closing(self, task: sa.Row[Any]) -> Callable[[sa.Connection], None]:
        """What was left running is settled at its estimate: nobody knows what it cost."""

        def close(db: sa.Connection) -> None:
            running = sa.select(STEP).where(STEP.c.task_id == task.id, STEP.c.state == "running")
            for step in db.execute(running.where(STEP.c.leaf)).all():
                self._charge_estimate(db, task, step)

        return close

    def _charge_estimate(self, db: sa.Connection, task: sa.Row[Any], step: sa.Row[Any]) -> None:
        who = Who(**task.who)
        ask = Ask(task.id, step.seq, step.kind, step.name, who, step.estimate, task.operation)
        outcome = Cancelled("The act did not end; its estimate was charged.").as_value()
        outcome |= {"spent": step.estimate, "uses": []}
        steps.settle(self._kernel, db, ask, outcome)

    def relay_stops(self) -> None:
        """Tasks that run here and were cancelled in another process are stopped."""
        here = self._kernel.calls.tasks()
        if not here:
            return
        asked = sa.select(TASK.c.id).where(TASK.c.id.in_(here))
        for task in self._kernel.database.rows(asked.where(TASK.c.cancel_at.is_not(None))):
            self._kernel.calls.stop(task.id)

    def beat(self) -> None:
        """This process is alive."""
        row = {"id": self._kernel.process_id, "beat_at": now()}
        insert = self._kernel.database.insert(PROCESS).values(row)
        insert = insert.on_conflict_do_update(index_elements=["id"], set_=row)
        self._kernel.database.transaction(lambda db: db.execute(insert))

    def adopt(self) -> None:
        """Tasks of processes that fell silent are queued again; forgetting them comes last."""
        silent = PROCESS.c.beat_at < now() - self._silence
        dead = [row.id for row in self._kernel.database.rows(sa.select(PROCESS.c.id).where(silent))]
        if dead:
            self._kernel.engine.adopt(dead)
            forget = sa.delete(PROCESS).where(PROCESS.c.id.in_(dead), silent)
            self._kernel.database.transaction(lambda db: db.execute(forget))
