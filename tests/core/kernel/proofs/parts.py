"""Operations, gates and a crashing world for the tests. Everything is real; nothing is mocked."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

import sqlalchemy as sa
from pydantic import BaseModel

from core.errors import ActFailed, Refused, StudioError
from core.kernel import Ask, Call, Kernel, Policy, Queue, Run, Verdict, Who, operation
from core.kernel.records import STEP
from core.ledger import Accounts
from core.storage.blobs import Folder
from core.storage.database import Database
from core.storage.migrations import migrate

ANA = Who(org="acme", person="ana", scopes=("team:growth", "project:p1", "session:s1"))
QUEUES = (Queue("interactive", 8, 8, 0.05), Queue("batch", 2, 2, 0.05), Queue("render", 2, 1, 0.05))


LONG_S = 300  # that an act goes on which a test stops: longer than any machine stands still


class Given(BaseModel):
    n: int = 6
    text: str = "hello"


class Made(BaseModel):
    parts: list = []


class World:
    """The outside: a folder. Remembers each act, and dies where it is told to, once per place."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def note(self, name: str, line: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []

    def die(self, place: str) -> None:
        if place in self.lines("deaths") and place not in self.lines("died"):
            self.note("died", place)
            os.kill(os.getpid(), signal.SIGKILL)


WORLD = World(os.environ.get("WORLD", "."))


class DyingLedger(Accounts):
    """The real ledger in a process that may die inside its transactions."""

    def hold(self, db, ask: Ask):
        WORLD.die(f"{ask.seq} admit begins")
        verdict = super().hold(db, ask)
        WORLD.die(f"{ask.seq} admit ends")
        return verdict

    def settle(self, db, ask, spent):
        WORLD.die(f"{ask.seq} settle begins")
        over = super().settle(db, ask, spent)
        WORLD.die(f"{ask.seq} settle ends")
        return over


class House:
    """Refuses steps called "forbidden" and asks a person about steps called "publish..."."""

    def ask(self, ask: Ask) -> Verdict:
        WORLD.die(f"{ask.seq} gates")
        if ask.name == "once" and WORLD.lines("asked"):
            return Verdict("house")
        if ask.name == "once":
            WORLD.note("asked", ask.name)
        if ask.name in ("forbidden", "once"):
            said = {"message": "Not today.", "hint": "Ask Bo.", "details": {"n": 7}}
            return Verdict("house", "refuse", **said)
        if ask.name.startswith("publish"):
            return Verdict("house", "wait", message=f"May I {ask.name}?")
        return Verdict("house")


def open_studio(url: str, **options) -> Kernel:
    database = Database(url)
    migrate(database)
    options.setdefault("queues", QUEUES)
    options.setdefault("blobs", Folder(WORLD.folder / "blobs"))
    gates = options.pop("gates", [House()])
    return Kernel(database, DyingLedger(database), gates, **options)


def close_studio(kernel: Kernel) -> None:
    kernel.close()
    kernel.database.close()


def pay(value, nusd=7):
    """An act that charges the outside, once per key, and may die before or after."""

    def act(call: Call):
        WORLD.die(f"{call.seq} act begins")
        WORLD.note("acts", f"{call.seq} {value}")
        call.keep(f"<{value}>")
        call.use(provider="o", model="m", cost_nusd=nusd, prompt_tokens=2, completion_tokens=1)
        WORLD.die(f"{call.seq} act ends")
        return value

    return act


COST = {"nusd": 10, "tokens": 5}
ENDED = ("done", "failed", "cancelled", "expired")


@operation("six", policy=Policy(queue="batch"))
def six(run: Run, given: Given) -> Made:
    parts = []
    for i in range(given.n):
        try:
            name = "forbidden" if i == 2 else f"part{i}"
            parts.append(run.step("tool", name, pay(f"{given.text}{i}"), estimate=COST))
        except Refused as error:
            parts.append([type(error).__name__, error.message, error.hint, error.details])
    return Made(parts=parts)


@operation("branch")
def branch(run: Run, _given: Given) -> Made:
    try:
        run.step("tool", "once", pay("never"), estimate=COST)
        parts = [run.step("tool", "allowed", pay("wrong branch"), estimate=COST)]
    except Refused as error:
        parts = [run.step("tool", "instead", pay(error.details["n"]), estimate=COST)]
    return Made(parts=parts)


@operation("publish", policy=Policy(queue="batch"))
def publish(run: Run, _given: Given) -> Made:
    parts = [run.step("tool", "draft", pay("draft"), estimate=COST)]
    parts.append(run.step("publish", "publish", pay("published"), estimate=COST))
    return Made(parts=[*parts, run.step("tool", "after", pay("after"), estimate=COST)])


@operation("publish_twice", policy=Policy(queue="batch"))
def publish_twice(run: Run, _given: Given) -> Made:
    def one(branch: Run, i: int):
        return branch.step("publish", f"publish{i}", pay(i), estimate=COST)

    return Made(parts=run.map(one, [0, 1]))


@operation("stream", policy=Policy(queue="batch"))
def stream(run: Run, given: Given) -> Made:
    async def words(call: Call):
        for i in range(given.n):
            call.keep(f"w{i} ")
            call.spend(nusd=2, tokens=1)
            await asyncio.sleep(0.01)
        await asyncio.sleep(LONG_S)

    text = run.step("model", "words", lambda call: call.wait(words(call)), estimate={"nusd": 100})
    return Made(parts=[text])


operation("slow", policy=Policy(queue="render"))(stream)


@operation("blocked")
def blocked(run: Run, _given: Given) -> Made:
    off = Event()
    return Made(
        parts=[run.step("sandbox", "cell", lambda _: off.wait(LONG_S), estimate=COST, stop=off.set)]
    )


HEARD = Event()  # until a test sets it, what is deaf hears nothing


@operation("deaf")
def deaf(run: Run, _given: Given) -> Made:
    return Made(parts=[run.step("tool", "deaf", lambda _: HEARD.wait(LONG_S), estimate=COST)])


@operation("fan")
def fan(run: Run, given: Given) -> Made:
    def one(branch: Run, i: int):
        with branch.group("shot", f"shot{i}"):
            time.sleep(random.random() * 0.05)
            first = branch.step("tool", f"a{i}", pay(f"a{i}"), estimate=COST)
            time.sleep(random.random() * 0.05)
            return [first, branch.step("tool", f"b{i}", pay(f"b{i}"), estimate=COST)]

    with run.group("stage", "render"):
        parts = run.map(one, list(range(given.n)), steps_max=3)
    return Made(parts=[*parts, run.step("tool", "mux", pay("mux"), estimate=COST)])


@operation("nested")
def nested(run: Run, _given: Given) -> Made:
    def act(_call: Call):
        return run.step("tool", "inner", pay("inner"), estimate=COST)

    return Made(parts=[run.step("tool", "outer", act, estimate=COST)])


@operation("breaks")
def breaks(run: Run, given: Given) -> Made:
    def bug(call: Call):
        call.spend(nusd=25)
        raise KeyError("gone")

    def down(_call: Call):
        raise StudioError("Provider down.", hint="Retry.")

    parts = []
    for act in (bug, down):
        try:
            run.step("tool", act.__name__, act, estimate=COST)
        except StudioError as error:
            parts.append([error.code, error.message, error.hint, error.details])
    given.text = "scribbled"
    return Made(parts=parts)


@operation("changed")
def changed(run: Run, _given: Given) -> Made:
    """An operation whose code changed between two runs: names follow a file, not the input."""
    name = (WORLD.lines("names") or ["old"])[-1]
    parts = [run.step("tool", name, pay(name), estimate=COST)]
    return Made(parts=[*parts, run.step("publish", "publish", pay("p"), estimate=COST)])


@operation("big")
def big(run: Run, given: Given) -> Made:
    """The first outcome is `n` thousand characters; then a person is asked."""
    text = run.step("tool", "big", pay("x" * 1_000 * given.n), estimate=COST)
    return Made(parts=[len(text), run.step("publish", "publish", pay("p"), estimate=COST)])


@operation("tells")
def tells(run: Run, given: Given) -> Made:
    """Streams, says and returns what it was given."""

    def act(call: Call):
        call.keep(given.text)
        call.say("note", text=given.text)
        return given.text

    return Made(parts=[run.step("tool", "tell", act)])


@operation("shows")
def shows(run: Run, _given: Given) -> Made:
    """Asks for an approval of what the world shows now."""
    shown = {"text": WORLD.lines("shown")[-1]}
    act = pay(shown["text"])
    return Made(parts=[run.step("publish", "publish", act, estimate=COST, shows=shown)])


@operation("asks_in_group")
def asks_in_group(run: Run, _given: Given) -> Made:
    with run.group("stage", "review"):
        return Made(parts=[run.step("publish", "publish", pay("p"), estimate=COST)])


@operation("greedy")
def greedy(run: Run, _given: Given) -> Made:
    def two(branch: Run, i: int):
        return [branch.step("tool", f"s{i}{j}", pay(j), estimate=COST) for j in range(2)]

    return Made(parts=run.map(two, [0, 1]))


@operation("reaches_out")
def reaches_out(run: Run, _given: Given) -> Made:
    return Made(parts=run.map(lambda _branch, i: run.step("tool", f"s{i}", pay(i)), [0, 1]))


@operation("half_fails")
def half_fails(run: Run, _given: Given) -> Made:
    def one(branch: Run, i: int):
        if i == 1:
            raise Refused(f"Not {i}.")
        return branch.step("tool", f"s{i}", pay(i), estimate=COST)

    return Made(parts=run.map(one, list(range(4)), width=2))


@operation("priced")
def priced(run: Run, _given: Given) -> Made:
    """One act that may cost what the world asks for it at the time, and costs 3 less."""
    most = int(WORLD.lines("price")[-1])
    act = pay("x", nusd=most - 3)
    return Made(parts=[run.step("tool", "priced", act, estimate={**COST, "nusd": most})])


@operation("quits")
def quits(run: Run, _given: Given) -> Made:
    """Quits as a program would, in an act and then in itself."""
    with suppress(ActFailed):
        run.step("tool", "first", lambda _: sys.exit(3), estimate=COST)
    sys.exit(4)


def until(kernel: Kernel, task_id: str, *states: str, timeout_s: float = 90):
    """The task's row, once it is in one of `states`."""
    end = time.monotonic() + timeout_s
    while (task := kernel.task(task_id)).state not in states:
        assert task.state not in ENDED, f"{task.state} {task.error}"
        assert time.monotonic() < end, task.state
        time.sleep(0.005)
    return task


def steps(kernel: Kernel, task_id: str):
    """The task's own step rows, in order."""
    query = sa.select(STEP).where(STEP.c.task_id == task_id)
    return kernel.database.rows(query.order_by(STEP.c.seq))


def happens(check, timeout_s: float = 90) -> None:
    """`check` has become true."""
    end = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def acting(kernel: Kernel, task_id: str, timeout_s: float = 90) -> None:
    """An act of the task has begun here."""
    end = time.monotonic() + timeout_s
    while not any(call.began for call in list(kernel.calls._open.get(task_id, ()))):
        task = kernel.task(task_id)
        assert time.monotonic() < end, (task.state, task.error)
        time.sleep(0.005)


def one(kernel: Kernel, sql: str, **values):
    """The only row of a query, as a tuple."""
    (row,) = kernel.database.rows(sa.text(sql).bindparams(**values))
    return tuple(row)


def run_sql(kernel: Kernel, sql: str, **values) -> None:
    """Change rows behind the kernel's back, as time or another process would."""
    kernel.database.transaction(lambda db: db.execute(sa.text(sql), values))


def settle_down(kernel: Kernel) -> None:
    """Every task has ended, so nothing still writes when the database goes."""
    unended = sa.text("select id from kernel_task where state in ('queued', 'running')")
    for task in kernel.database.rows(unended):
        kernel.cancel(task.id)
    running = sa.text("select 1 from kernel_task where state = 'running'")
    while kernel.database.rows(running):
        time.sleep(0.02)


BOOKS = (
    "select a.name, a.held, a.spent, coalesce(sum(e.held), 0), coalesce(sum(e.spent), 0)"
    " from ledger_account a left join ledger_entry e on e.account_id = a.id group by 1, 2, 3"
)


def books(kernel: Kernel) -> None:
    """The ledger is conserved: accounts are the sum of their entries, each key settled once."""
    steps = (
        "select coalesce(sum(cost_nusd), 0) from kernel_step"
        " where state in ('done', 'failed', 'cancelled', 'refused')"
    )
    org = "select coalesce(sum(spent), 0) from ledger_account where name like 'org:% nusd'"
    with kernel.database.engine.connect() as db:
        for name, held, spent, journal_held, journal_spent in db.execute(sa.text(BOOKS)):
            assert (held, spent) == (journal_held, journal_spent), name
            assert held >= 0, name
        assert db.execute(sa.text(steps)).scalar() == db.execute(sa.text(org)).scalar()


def dumps(value) -> str:
    return json.dumps(value, default=str)
