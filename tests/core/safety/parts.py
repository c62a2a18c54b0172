"""A database with one task, and a judge that says what it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import sqlalchemy as sa

from core.errors import Unavailable
from core.kernel.records import TASK
from core.safety.findings import Judgement
from core.safety.records import VIOLATION
from core.storage.database import Database
from core.storage.migrations import migrate


def database(url: str) -> Iterator[Database]:
    """Open, with the task "t1" of ana at acme."""
    base = Database(url)
    migrate(base)
    who = {"org_id": "acme", "person_id": "ana", "who": {"org": "acme", "person": "ana"}}
    row = {"id": "t1", "operation": "op", "queue": "interactive", "input": {}, **who}
    base.transaction(lambda db: db.execute(sa.insert(TASK), {**row, "state": "running"}))
    yield base
    base.close()


def rows(base: Database) -> list:
    """Every violation, the oldest first."""
    return base.rows(sa.select(VIOLATION).order_by(VIOLATION.c.at))


class Scripted:
    """A judge. `texts` and `images` are what it was shown."""

    model = "openai/judge"

    def __init__(
        self, scores: dict[str, float], *, down: bool = False, reason: str = "down", note: str = ""
    ) -> None:
        self.scores, self.down, self.reason, self.note = scores, down, reason, note
        self.texts: list[str] = []
        self.images: list[str] = []
        self.asked = 0
        self.warmed = False

    def warm(self) -> None:
        """There is nothing to load."""
        self.warmed = True

    def begin(self, texts, images) -> Future[Judgement]:
        """Judged at once."""
        self.asked += 1
        self.texts += texts
        self.images += images
        future: Future[Judgement] = Future()
        if self.down:
            future.set_exception(Unavailable("The judge does not answer.", reason=self.reason))
        else:
            use = {"provider": "openai", "model": self.model, "cost_nusd": 0, "kind": "moderation"}
            future.set_result(Judgement(self.model, dict(self.scores), (), (use,), self.note))
        return future
