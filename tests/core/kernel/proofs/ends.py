"""When work is really over, and when nobody has heard of a process for long."""

from __future__ import annotations

import sys
from datetime import timedelta

import sqlalchemy as sa

from core.kernel import legs
from core.kernel.records import PROCESS
from core.storage.database import Database, now
from tests.core.kernel.proofs.parts import happens


def left(task_id: str) -> None:
    """No thread works on the task any more: what is told after its last event is told as well."""
    happens(lambda: not any(_works(frame, task_id) for frame in sys._current_frames().values()))


def _works(frame, task_id: str) -> bool:
    while frame and not (
        frame.f_code is legs.work.__code__ and frame.f_locals["task_id"] == task_id
    ):
        frame = frame.f_back
    return frame is not None


def known(database: Database) -> list[str]:
    """The processes that work on this database, as far as they said so."""
    return [row.id for row in database.rows(sa.select(PROCESS.c.id))]


def silent(database: Database, processes: list[str]) -> None:
    """These have said nothing for long."""
    quiet = sa.update(PROCESS).where(PROCESS.c.id.in_(processes))
    quiet = quiet.values(beat_at=now() - timedelta(hours=1))
    database.transaction(lambda db: db.execute(quiet))
