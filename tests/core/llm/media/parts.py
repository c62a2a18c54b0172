"""A small studio whose one operation opens whatever door a test hands it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from core.errors import StudioError, restore
from core.kernel import Kernel, Queue, Run, Who, operation
from core.kernel.gates import Ask, Verdict
from core.ledger import Accounts
from core.llm import Gateway, ModelSettings
from core.safety.egress import Egress
from core.storage.blobs import Folder
from core.storage.database import Database
from core.storage.migrations import migrate

QUEUES = (Queue("interactive", 8, 8, 0.05), Queue("batch", 2, 2, 0.5), Queue("render", 2, 1, 0.5))
ANA = Who(org="acme", person="ana")
DOOR: dict[str, Callable[[Run], Any]] = {}


class Nothing(BaseModel):
    """No input."""


class Made(BaseModel):
    """What came through the door."""

    made: Any = None


@operation("open_door")
def open_door(run: Run, _asked: Nothing) -> Made:
    made = DOOR["now"](run)
    if isinstance(made, list):
        made = [one.model_dump(mode="json") for one in made]
    return Made(made=made.model_dump(mode="json") if isinstance(made, BaseModel) else made)


class Watch:
    """A gate that remembers what it was asked, and refuses what it is told to."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.refused = ""

    def ask(self, ask: Ask) -> Verdict:
        self.asked.append(ask)
        if self.refused and self.refused in " ".join(ask.content):
            return Verdict("watch", "refuse", "refused", "Not this.", "Ask for something else.")
        return Verdict("watch")


class House:
    """The studio of a test: a kernel with the real ledger, blobs, a gate, and a gateway."""

    def __init__(self, kernel: Kernel, studio: SimpleNamespace, gate: Watch) -> None:
        self.kernel, self.studio, self.gate = kernel, studio, gate
        self.task_id = ""

    def use(self, config: ModelSettings) -> Gateway:
        """A gateway with these settings."""
        self.studio.llm = Gateway(config)
        return self.studio.llm

    def submit(self, door: Callable[[Run], Any], **options: Any) -> str:
        """A task that opens `door`."""
        DOOR["now"] = door
        self.task_id = self.kernel.submit("open_door", {}, ANA, **options)
        return self.task_id

    def open(self, door: Callable[[Run], Any], **options: Any) -> Any:
        """What came through; raises what the task failed with."""
        self.submit(door, **options)
        for _ in self.kernel.follow(self.task_id):
            pass
        task = self.kernel.task(self.task_id)
        if task.error:
            raise restore(task.error)
        return task.output["made"]

    def fails(self, door: Callable[[Run], Any], **options: Any) -> StudioError:
        """The error of a door that does not open."""
        try:
            made = self.open(door, **options)
        except StudioError as error:
            return error
        raise AssertionError(made)

    def rows(self, table: str) -> list[Any]:
        """Rows of the newest task."""
        query = sa.text(f"select * from {table} where task_id = :id order by seq")
        return list(self.kernel.database.rows(query.bindparams(id=self.task_id)))

    def held(self) -> int:
        """Nano-dollars that are still held for anybody."""
        query = sa.text("select coalesce(sum(held), 0) as n from ledger_account")
        return int(self.kernel.database.rows(query)[0].n)

    def wait(self, true: Callable[[], Any], within_s: float = 60) -> Any:
        """What `true` gives once it gives something."""
        limit = time.monotonic() + within_s
        while not (found := true()):
            assert time.monotonic() < limit
            time.sleep(0.01)
        return found


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """A studio in an empty folder."""
    database = Database(f"sqlite:///{folder}/studio.db")
    migrate(database)
    blobs = Folder(folder / "blobs")
    gate = Watch()
    settings = SimpleNamespace(search_keyless=False, web_size_max_mb=1, web_timeout_s=60.0)
    studio = SimpleNamespace(blobs=blobs, database=database, settings=settings, egress=Egress())
    kernel = Kernel(database, Accounts(database), [gate], queues=QUEUES, blobs=blobs, studio=studio)
    yield House(kernel, studio, gate)
    kernel.close()
    database.close()
