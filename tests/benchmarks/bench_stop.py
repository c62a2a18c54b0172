"""From a cancel to the ended, settled task: in the process that runs it, and from another one.

The floor is what the books take alone: the transactions that a stop writes, each changing one row.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import sqlalchemy as sa
from pydantic import BaseModel

from core.kernel import Call, Policy, Run, operation
from core.storage.database import Database
from core.studio import Studio
from tests.benchmarks.world import databases, judge, p, payer, studio

ROUNDS = 20
BOUND_MS = 500
WRITES = 3  # the cancel, the settled step, the ended task
LIMITS = {"max_cost_per_request_usd": "1", "rate_limit_per_minute": 100_000}


class Speech(BaseModel):
    """What the act does before it is stopped."""

    words: int


@operation("bench.speak", policy=Policy(queue="interactive"))
def speak(run: Run, given: Speech) -> Speech:
    """Say some words, and then nothing for a minute."""

    async def talk(call: Call) -> None:
        for _ in range(given.words):
            call.keep("word ")
            call.spend(nusd=2, tokens=1)
        call.say("ready")
        await asyncio.sleep(60)

    run.step("model", "talk", lambda call: call.wait(talk(call)), estimate={"nusd": 100})
    return given


def main(name: str, url: str) -> int:
    """Both moments from here, then from elsewhere; 1 when one is clearly too slow."""
    missed = 0
    with studio(url, **LIMITS) as opened:
        floor = _floor_ms(opened.database)
        for moment, words in (("before its first word", 0), ("after it", 20)):
            took = [_stopped_s(opened, words) for _ in range(ROUNDS + 2)][2:]
            missed += _judge(f"{name}, stop {moment}", took, floor)
        if not opened.database.is_sqlite:
            with _other(url) as process:
                took = [_stopped_s(opened, 20, process) for _ in range(ROUNDS + 2)][2:]
                missed += _judge(f"{name}, stop from another process", took, floor)
                assert process.stdin
                process.stdin.close()
    return min(1, missed)


def _judge(what: str, took: list[float], floor: float) -> int:
    return judge(f"{what}, p95", p(took, 0.95), floor, BOUND_MS, unit="ms")


def _stopped_s(opened: Studio, words: int, other: subprocess.Popen[str] | None = None) -> float:
    """Seconds from the cancel until the task's row says that it has ended."""
    task_id = opened.kernel.submit("bench.speak", {"words": words}, payer(opened))
    while all(event.type != "ready" for event in opened.kernel.events.since(task_id)):
        time.sleep(0.005)
    here = task_id in opened.kernel.calls.tasks()  # either process may have taken it
    began = time.perf_counter()
    if other and other.stdin and here:
        other.stdin.write(f"{task_id}\n")
        other.stdin.flush()
    else:
        opened.kernel.cancel(task_id)
    while opened.kernel.task(task_id).state != "cancelled":
        time.sleep(0.002)
    return time.perf_counter() - began


def _floor_ms(database: Database) -> float:
    touch = sa.text("update ledger_account set held = held where id = 1")

    def write() -> float:
        began = time.perf_counter()
        for _ in range(WRITES):
            database.transaction(lambda db: db.execute(touch))
        return time.perf_counter() - began

    return p([write() for _ in range(ROUNDS)])


def _other(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_stop", "other", url, "cancel"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout
    process.stdout.readline()  # it is ready
    return process


def cancels(url: str) -> int:
    """Stop every task that is named on standard input."""
    with studio(url, **LIMITS) as opened:
        print("ready", flush=True)
        for line in sys.stdin:
            opened.kernel.cancel(line.strip())
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 4:
        sys.exit(cancels(sys.argv[2]))
    if len(sys.argv) == 3:
        sys.exit(main(*sys.argv[1:]))
    failed = 0
    with databases() as found:
        for name, url in found.items():  # the engine is one per process
            command = [sys.executable, "-m", "tests.benchmarks.bench_stop", name, url]
            failed += subprocess.run(command, check=False).returncode
    sys.exit(min(1, failed))
