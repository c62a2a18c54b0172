"""Server time of a page run again, beside the same of a Streamlit page with nothing on it."""

from __future__ import annotations

import sys
import time

from tests.benchmarks.served import BARE, OURS, Viewer, serving
from tests.benchmarks.world import judge, p

RUNS = 15
WARM_S = 6  # heavy libraries load after the start
BOUND_MS = 150
QUIET_MS = 6.0


def main() -> int:
    with serving(OURS) as ours, serving(BARE) as bare:
        task_id = ours.ask("ask")
        time.sleep(WARM_S)
        floor = Viewer(bare.url)
        missed = 0
        for title, page, query in (
            ("Insight Lab, empty", "", ""),
            ("Insight Lab, a finished run", "insight-lab", f"task={task_id}"),
            ("Governance", "governance", ""),
            ("Governance, the run", "governance", f"view=runs&task={task_id}"),
        ):
            viewer = Viewer(ours.url)
            took, empty = [], []
            for turn in range(RUNS + 3):
                one, other = viewer.rerun(page, query), floor.rerun()
                if turn >= 3:  # the first ones warm up
                    took.append(one)
                    empty.append(other)
            viewer.close()
            missed += judge(
                f"rerun, {title}", p(took), p(empty), BOUND_MS, unit="ms", quiet=QUIET_MS
            )
        floor.close()
    return missed


if __name__ == "__main__":
    sys.exit(min(1, main()))
