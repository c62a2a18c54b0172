"""A governed step around an act that does nothing, beside the engine's own three checkpoints."""

from __future__ import annotations

import subprocess
import sys
import time

from dbos import DBOS, SetWorkflowID
from pydantic import BaseModel

from core.kernel import Policy, Run, operation
from tests.benchmarks.world import databases, p, payer, say, studio, until_done

ROUNDS = 12
EACH = 25
BOUND = {"SQLite": 1.2, "PostgreSQL": 1.6}
COST = {"nusd": 10, "tokens": 5}


class Nothing(BaseModel):
    """Neither in nor out."""


TOOK: dict[str, list[float]] = {"step": [], "bare": []}


@operation("bench.steps", policy=Policy(queue="batch"))
def steps(run: Run, given: Nothing) -> Nothing:
    """Take governed steps."""
    for i in range(EACH):
        began = time.perf_counter()
        run.step("tool", f"s{i}", lambda call: call.spend(nusd=4, tokens=2), estimate=COST)
        TOOK["step"].append(time.perf_counter() - began)
    return given


@DBOS.workflow(name="bare")
def bare() -> None:
    for _ in range(EACH):
        began = time.perf_counter()
        for _ in range(3):
            DBOS.run_step({"name": "s"}, lambda: None)
        TOOK["bare"].append(time.perf_counter() - began)


def main(name: str, url: str) -> int:
    """Both in turns, so that a busy moment of the machine hits both."""
    with studio(url, max_cost_per_request_usd="1") as opened:
        who = payer(opened)
        for turn in range(ROUNDS + 1):
            if turn == 1:  # the first turn warms up
                TOOK["step"].clear()
                TOOK["bare"].clear()
            until_done(opened, opened.kernel.submit("bench.steps", {}, who))
            with SetWorkflowID(f"bare{turn}"):
                DBOS.start_workflow(bare).get_result()
    ours, floor = p(TOOK["step"]), p(TOOK["bare"])
    say(
        f"{name}, 5 scopes x 2 units",
        f"governed step p50 {ours:.2f} ms, p95 {p(TOOK['step'], 0.95):.2f} ms",
        f"three bare checkpoints {floor:.2f} ms",
        ours / floor,
        f"at most {BOUND[name]}{', MISSED' if ours / floor > BOUND[name] else ''}",
    )
    return int(ours / floor > BOUND[name])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        sys.exit(main(*sys.argv[1:]))
    missed = 0
    with databases() as found:
        for name, url in found.items():  # the engine is one per process
            command = [sys.executable, "-m", "tests.benchmarks.bench_step", name, url]
            missed += subprocess.run(command, check=False).returncode
    sys.exit(min(1, missed))
