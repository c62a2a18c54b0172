"""Server time of a page run again, beside the same of a Streamlit page with nothing on it."""

from __future__ import annotations

import sys
import time

from tests.benchmarks.served import BARE, OURS, Viewer, serving
from tests.benchmarks.world import judge, p

RUNS, WARM = 15, 3
WARM_S = 6  # heavy libraries load after the start
BOUND_MS = 150


def main() -> int:
    with serving(OURS) as ours, serving(BARE) as bare:
        task_id = ours.ask("ask")
        time.sleep(WARM_S)
        floor = Viewer(bare.url)
        missed = 0
        for title, page, query in (
            ("Insight Lab, empty", "", ""),
            ("Insight Lab, a finished run", "", f"task={task_id}"),
            ("Governance", "governance", ""),
            ("Governance, the run", "governance", f"view=runs&task={task_id}"),
            ("a task", "task", f"task={task_id}"),
        ):
            viewer = Viewer(ours.url)
            turns = [(viewer.rerun(page, query), floor.rerun()) for _ in range(WARM)]
            before = ours.ask("cpu")
            turns = [(viewer.rerun(page, query), floor.rerun()) for _ in range(RUNS)]
            cpu_ms = 1000 * (ours.ask("cpu") - before) / RUNS
            viewer.close()
            took, empty = zip(*turns, strict=True)
            missed += judge(
                f"rerun, {title}",
                p(took),
                p(empty),
                BOUND_MS,
                unit="ms",
                at_best=max(cpu_ms, 1000 * min(took)),
            )
        floor.close()
    return missed


if __name__ == "__main__":
    sys.exit(min(1, main()))
