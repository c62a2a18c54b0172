"""A leg is a task's way from a start to its end or to a question. One workflow each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from core.errors import Cancelled, Expired, StudioError, Unavailable
from core.kernel.operation import OPERATIONS
from core.kernel.policies import own
from core.kernel.records import STEP, TASK, WAIT
from core.kernel.run import Parked, Run
from core.kernel.steps import QUITS, broken, told
from core.kernel.values import plain
from core.storage.database import now
from core.telemetry.telemetry import Told

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)
Task = sa.Row[Any]
T = TypeVar("T")
INSIST_S = 0.5
ENDED = [column for column in TASK.c if column.name not in ("input", "output")]  # may be large


def work(kernel: Kernel, task_id: str, leg: int) -> None:
    """Run the operation from its first line; steps that are recorded return their outcomes."""
    task = _insist(
        kernel, lambda: kernel.commit(task_id, lambda db: begin(kernel, db, task_id, leg))
    )
    if task is None:
        return  # cancelled while it was queued, or ended by the process that died
    if task.cancel_at:
        kernel.calls.stop(task_id)
    with kernel.telemetry.leg(task) as span:
        _work(kernel, task, span)


def _work(kernel: Kernel, task: Task, span: Told) -> None:
    """The leg itself, to its end or to a question."""
    task_id, operation = task.id, OPERATIONS[task.operation]
    try:
        policy = own(task.policy) or operation.policy
        run = Run(kernel, task, past(kernel, task), policy=policy)
        output = operation.fn(run, operation.input.model_validate(task.input))
        made = plain(output.model_dump(mode="json"))
        _end(kernel, task_id, "done", span=span, output=made)
    except Parked:
        span.ended("parked")
        kernel.start(kernel.commit(task_id, lambda db: park(kernel, db, task_id)))
    except Cancelled as error:
        _end(kernel, task_id, "cancelled", span=span, error=told(error))
    except Expired as error:
        _end(kernel, task_id, "expired", span=span, error=told(error))
    except StudioError as error:
        _leave(kernel, error)
        _end(kernel, task_id, "failed", span=span, error=told(error))
    except QUITS as error:
        _leave(kernel, error)
        log.exception("Task %s broke.", task_id)
        _end(kernel, task_id, "failed", span=span, error=told(broken(error)))


class Left(BaseException):
    """The studio closes. Not an Exception: the engine keeps the leg for the next process."""


def _leave(kernel: Kernel, error: BaseException) -> None:
    if kernel.closing:
        raise Left from error


def _end(kernel: Kernel, task_id: str, state: str, *, span: Told, **how: Any) -> None:
    span.ended(state, how.get("error"))
    _insist(kernel, lambda: end(kernel, task_id, state, **how))


def _insist(kernel: Kernel, act: Callable[[], T]) -> T:
    """What `act` gives once the database takes it: a leg that is lost on a full disk stays lost."""
    while True:
        try:
            return act()
        except Unavailable as error:
            _leave(kernel, error)
            log.warning("A task has to wait: %s", error.message)
            time.sleep(INSIST_S)


def begin(kernel: Kernel, db: sa.Connection, task_id: str, leg: int) -> Task | None:
    """The task runs, if this leg is still its latest and nobody ended it."""
    here = (TASK.c.id == task_id, TASK.c.leg == leg, TASK.c.state.in_(("queued", "running")))
    update = sa.update(TASK).where(*here).values(state="running", wake_at=None).returning(TASK)
    task = db.execute(update).one_or_none()
    if task:
        kernel.events.write(db, task_id, ("task.running", {"leg": leg}))
    return task


def park(kernel: Kernel, db: sa.Connection, task_id: str) -> Task | None:
    """The task waits, without thread or slot; or its next leg, if an answer came meanwhile."""
    db.execute(sa.select(TASK.c.id).where(TASK.c.id == task_id).with_for_update())
    asked = sa.and_(WAIT.c.task_id == STEP.c.task_id, WAIT.c.seq == STEP.c.seq)
    verdicts = sa.select(WAIT.c.verdict).join(STEP, asked)
    verdicts = verdicts.where(STEP.c.task_id == task_id, STEP.c.state == "waiting")
    if any(verdict is not None for verdict in db.execute(verdicts).scalars()):
        return next_leg(kernel, db, task_id, "running")
    here = (TASK.c.id == task_id, TASK.c.state == "running")
    if db.execute(sa.update(TASK).where(*here).values(state="waiting")).rowcount:
        kernel.events.write(db, task_id, ("task.waiting", {}))
    return None


def next_leg(kernel: Kernel, db: sa.Connection, task_id: str, state: str) -> Task | None:
    """The task, queued for its next leg, if it was in `state`; give it to `kernel.start`."""
    here = (TASK.c.id == task_id, TASK.c.state == state)
    values = {"state": "queued", "leg": TASK.c.leg + 1, "wake_at": now()}
    task = db.execute(sa.update(TASK).where(*here).values(values).returning(TASK)).one_or_none()
    if task:
        kernel.events.write(db, task_id, ("task.queued", {"leg": task.leg}))
    return task


def end(
    kernel: Kernel,
    task_id: str,
    state: str,
    *,
    output: Any = None,
    error: Any = None,
    leg: int | None = None,
    close: Callable[[sa.Connection], None] = lambda _: None,
) -> None:
    """The task has ended in `state`, unless it had ended before (or is past `leg`).

    `close` ends what it left open, in the same transaction.
    """

    def write(db: sa.Connection) -> Task | None:
        values = {"state": state, "output": output, "error": error, "ended_at": now()}
        here = (TASK.c.id == task_id, TASK.c.state == "running")
        if leg is not None:
            here = (*here, TASK.c.leg == leg)
        update = sa.update(TASK).where(*here).values(values).returning(*ENDED)
        task = db.execute(update).one_or_none()
        if task:
            close(db)
            said = {"error": error} if error else {}
            kernel.events.write(db, task_id, (f"task.{state}", said))
        return task

    task = kernel.commit(task_id, write)
    kernel.calls.forget(task_id)
    if task:
        tell(kernel, task)


def tell(kernel: Kernel, task: Task) -> None:
    """Telemetry hears of a task that has ended."""

    def steps() -> list[dict[str, Any]]:
        columns = (STEP.c.cost_nusd, STEP.c.tokens, STEP.c.outcome["uses"].label("uses"))
        query = sa.select(*columns).where(STEP.c.task_id == task.id, STEP.c.leaf)
        try:
            return [row._asdict() for row in kernel.database.rows(query)]
        except (*kernel.database.errors, StudioError):
            return []  # its line is less exact; the task itself is safe

    kernel.telemetry.ended(task, steps)


def past(kernel: Kernel, task: Task) -> dict[int, sa.Row[Any]]:
    """The recorded steps a leg finds: the task's own, and those it shares with its origin."""
    found: dict[int, sa.Row[Any]] = {}
    before = None
    while True:
        query = sa.select(STEP).where(STEP.c.task_id == task.id)
        if before is not None:
            query = query.where(STEP.c.seq < before)
        found |= {step.seq: step for step in kernel.database.rows(query)}
        if task.forked_from is None:
            return found
        before = min(task.forked_at, before or task.forked_at)
        task = kernel.task(task.forked_from)
