"""An operation that asks many questions, and what the kernel recorded of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from core.errors import StudioError
from core.kernel import Kernel, Policy, Queue, Run, operation
from core.kernel.records import EVENT, STEP
from core.ledger import Accounts
from core.ledger.records import USAGE
from core.llm import Gateway, Message, ToolSpec
from core.llm.batches import Batches, BatchRequest
from core.llm.batching import Pace
from core.llm.messages import Image
from core.storage.blobs import Folder
from core.storage.cache import Memory
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.llm.parts import ANA, WEATHER, settings

QUEUES = (Queue("interactive", 8, 8, 0.05), Queue("batch", 2, 2, 0.05), Queue("render", 2, 1, 0.5))
QUICK = Pace(first_s=0.02, growth=1.2, most_s=0.1, window_s=600, stop_s=60)
GPT, CLAUDE = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
NOW: dict[str, Batches] = {}


class City(BaseModel):
    """What an answer must fit."""

    name: str
    people: int


class Many(BaseModel):
    """How many questions, of what kind, under which policy."""

    n: int = 3
    models: list[str] = [GPT]
    batch: bool = True
    shaped: bool = False
    tools: bool = False
    pictures: bool = False
    cache_ttl_s: int = 0
    first: int = 0  # the number of the first question
    policy: dict[str, Any] = {}


class Came(BaseModel):
    """Each reply, or the error instead."""

    made: list[dict[str, Any]]


@operation("ask_many", policy=Policy(queue="batch", tokens_max=100))
def ask_many(run: Run, many: Many) -> Came:
    run.policy = run.policy.changed(batch=many.batch, cache_ttl_s=many.cache_ttl_s, **many.policy)
    tools: list[ToolSpec] = [WEATHER] if many.tools else []
    shown = [Image(media_type="image/png", data="QQ==")] if many.pictures else []
    requests = [
        BatchRequest([Message(role="user", content=f"Question {i}?", images=shown)], tools,
                     City if many.shaped else None)
        for i in range(many.first, many.first + many.n)
    ]  # fmt: skip
    made = NOW["now"].run_batch(run, requests, models=many.models)
    return Came(made=[_told(one) for one in made])


def _told(one: Any) -> dict[str, Any]:
    if isinstance(one, StudioError):
        return {"error": one.as_value()}
    return {"reply": one.model_dump(mode="json")}


@dataclass
class Office:
    """A kernel, a gateway to one loopback provider, and its batches."""

    kernel: Kernel
    gateway: Gateway
    model: str
    submitted: list[str] = field(default_factory=list)

    def submit(self, **many: Any) -> str:
        given = Many(**{"models": [self.model], **many}).model_dump(mode="json")
        self.submitted.append(self.kernel.submit("ask_many", given, ANA))
        return self.submitted[-1]

    def ended(self, task_id: str, within_s: float = 120) -> Any:
        until = time.monotonic() + within_s
        while (task := self.kernel.task(task_id)).state not in ("done", "failed", "cancelled"):
            assert time.monotonic() < until, task.state
            time.sleep(0.01)
        return task

    def made(self, **many: Any) -> list[dict[str, Any]]:
        """What every request came to."""
        task = self.ended(self.submit(**many))
        assert task.error is None, task.error
        return task.output["made"]

    def steps(self, kind: str = "") -> list[Any]:
        query = sa.select(STEP).where(STEP.c.task_id == self.submitted[-1]).order_by(STEP.c.seq)
        rows = self.kernel.database.rows(query)
        return [row for row in rows if kind in ("", row.kind)]

    def usage(self) -> list[Any]:
        query = sa.select(USAGE).where(USAGE.c.task_id == self.submitted[-1])
        return self.kernel.database.rows(query.order_by(USAGE.c.seq, USAGE.c.line))

    def events(self, type: str) -> list[dict[str, Any]]:
        query = sa.select(EVENT).where(EVENT.c.task_id == self.submitted[-1], EVENT.c.type == type)
        return [row.data for row in self.kernel.database.rows(query.order_by(EVENT.c.id))]


def open_kernel(url: str, folder: Any) -> Kernel:
    """A kernel with the real ledger."""
    database = Database(url)
    migrate(database)
    return Kernel(database, Accounts(database), queues=QUEUES, blobs=Folder(folder / "blobs"))


def open_gateway(kernel: Kernel, desk_url: str, pace: Pace = QUICK) -> Gateway:
    """A gateway whose providers are all at `desk_url`; its batches are the operation's."""
    gateway = Gateway(settings(desk_url, desk_url), cache=Memory())
    NOW["now"] = Batches(kernel.database, gateway, pace=pace)
    return gateway


def until(check: Any, within_s: float = 60) -> None:
    """`check` has become true."""
    end = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
