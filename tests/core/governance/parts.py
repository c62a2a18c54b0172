"""Operations that spend, publish and are switched off, and a kernel that runs them."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from core.errors import BudgetExceeded
from core.kernel import Call, Kernel, Policy, Run, Who, operation
from core.ledger import Accounts
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.kernel.proofs.parts import QUEUES, until

ANA = Who(org="acme", person="ana", scopes=("team:growth",))
BO = Who(org="acme", person="bo", scopes=("team:growth",))
EVE = Who(org="other", person="eve")


class Amount(BaseModel):
    """What each of two steps costs, and what it may cost."""

    nusd: int = 7
    most: int = 10


class Spent(BaseModel):
    """Nothing more to say."""


def spend(run: Run, amount: Amount) -> Spent:
    """Pay twice, in a group."""

    def act(call: Call) -> None:
        call.use(provider="p", model=f"m{call.seq % 2}", cost_nusd=amount.nusd, prompt_tokens=3)

    with run.group("stage", "all"):
        for kind in ("model", "tool"):
            run.step(kind, kind, act, estimate={"nusd": amount.most, "tokens": 5})
    return Spent()


def publish(run: Run, amount: Amount) -> Spent:
    """Publish something."""
    act = lambda call: call.spend(nusd=amount.nusd)  # noqa: E731
    run.step("publish", "the post", act, estimate={"nusd": amount.most})
    return Spent()


def stream(run: Run, _amount: Amount) -> Spent:
    """Stream words for a long time, paying for each."""

    async def words(call: Call) -> None:
        for n in range(3_000):
            call.keep(f"word{n} ")
            call.spend(nusd=1)
            await asyncio.sleep(0.1)

    run.step("model", "words", lambda call: call.wait(words(call)), estimate={"nusd": 5_000})
    return Spent()


def patient(run: Run, amount: Amount) -> Spent:
    """Pay step by step, and keep what was paid for when no more may be."""
    try:
        for n in range(100):
            act = lambda call: call.spend(nusd=amount.nusd)  # noqa: E731
            run.step("tool", f"part {n}", act, estimate={"nusd": amount.most})
    except BudgetExceeded:
        run.step("tool", "keep", lambda _call: "partial")
    return Spent()


operation("governed.stream")(stream)
operation("governed.patient")(patient)
operation("governed.spend", policy=Policy(flag="lab"))(spend)
operation("governed.more")(spend)
operation("governed.publish", policy=Policy(approve=("publish",)))(publish)


def open_kernel(url: str, *gates) -> Kernel:
    """A kernel with these gates on a fresh database."""
    database = Database(url)
    migrate(database)
    return Kernel(database, Accounts(database), gates, queues=QUEUES)


def done(kernel: Kernel, name: str, who: Who = ANA, **amount: int) -> str:
    """The id of a task that has ended."""
    task_id = kernel.submit(f"governed.{name}", amount, who)
    until(kernel, task_id, "done", "failed", "waiting")
    return task_id
