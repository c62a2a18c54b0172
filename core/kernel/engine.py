"""The only importer of dbos: queues, one checkpoint per act, recovery."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from core.errors import Misuse
from core.storage.database import Database

GIVEN_UP = {"SUCCESS", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"}
VERSION = "studio-1"  # ours: DBOS's own is a hash of the source, and a comment would orphan tasks


@dataclass(frozen=True)
class Queue:
    """How many tasks run at once: in one process, and for one organisation everywhere."""

    name: str
    width: int
    per_org: int
    poll_s: float = 0.5


QUEUES = (
    Queue("interactive", width=16, per_org=8, poll_s=0.1),
    Queue("batch", width=4, per_org=2),
    Queue("render", width=2, per_org=1),
)


class Engine:
    """DBOS, which is one per process. A workflow is one leg of a task and is named `task.leg`."""

    _work: Callable[[str, int], None]

    def __init__(
        self, database: Database, work: Callable[[str, int], None], executor_id: str
    ) -> None:
        Engine._work = staticmethod(work)
        own = logging.getLogger("dbos")  # its lines are ours: redacted, and on one stream
        own.handlers, own.propagate = [logging.NullHandler()], True
        DBOS(
            config={
                "name": "studio",
                "system_database_url": database.url,
                "system_database_engine": database.engine,
                "application_version": VERSION,
                "executor_id": executor_id,
                "enable_otlp": False,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "ERROR",
                # Nothing here listens, and closing waits for one turn of the listener.
                "notification_listener_polling_interval_sec": 0.1,
            }
        )

    def launch(self, queues: Sequence[Queue]) -> None:
        """Start the queues and take up what this executor left unfinished."""
        DBOS.launch()
        for queue in queues:
            DBOS.register_queue(
                queue.name,
                worker_concurrency=queue.width,
                partition_concurrency=queue.per_org,
                polling_interval_sec=queue.poll_s,
                on_conflict="always_update",
            )

    def start(self, task_id: str, leg: int, queue: str, org_id: str) -> None:
        """The leg is queued. Calling it again changes nothing."""

        def enqueue() -> None:
            with SetWorkflowID(f"{task_id}.{leg}"), SetEnqueueOptions(queue_partition_key=org_id):
                DBOS.enqueue_workflow(queue, _leg)

        _aside(enqueue)

    def cancel(self, task_id: str, leg: int) -> None:
        """The leg leaves its queue; a running one ends at its next checkpoint."""
        _aside(DBOS.cancel_workflow, f"{task_id}.{leg}")

    def reserve(self) -> Any:
        """The next step id of the current leg, as a reservation with `.step_id`.

        Raises Misuse in a thread that is not the operation's own.
        """
        if DBOS.workflow_id is None:
            raise Misuse(
                "A step was taken outside the operation's own thread.",
                hint="Use run.map to work in parallel.",
            )
        return DBOS.reserve_step()

    def act(self, slot: Any, name: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The value of `act`, checkpointed; a repeated leg gets the recorded one.

        Ends the thread with a BaseException when another process owns the leg now.
        """
        return slot.run({"name": name}, act)

    def adopt(self, executor_ids: list[str]) -> None:
        """The unfinished legs of dead processes are queued again; calling it twice is harmless."""
        DBOS._recover_pending_workflows(executor_ids)  # noqa: SLF001 - the free core has no other

    def given_up(self, legs: Sequence[str]) -> list[str]:
        """Those of `legs` (named `task.leg`) that the engine will never run again."""
        found: list[str] = []

        def look() -> None:
            rows = DBOS.list_workflows(workflow_ids=list(legs), load_input=False, load_output=False)
            found.extend(row.workflow_id for row in rows if row.status in GIVEN_UP)

        _aside(look)
        return found

    def close(self) -> None:
        """Threads end; unfinished legs stay for the next process."""
        DBOS.destroy()


@DBOS.workflow(name="leg", max_recovery_attempts=50)
def _leg() -> None:
    task_id, _, leg = str(DBOS.workflow_id).rpartition(".")
    Engine._work(task_id, int(leg))  # noqa: SLF001 - same module


def _aside(act: Callable[..., None], *args: Any) -> None:
    """Run outside any workflow: DBOS would record the call as a step and shift every later id."""
    Context().run(act, *args)
