"""What an idle studio takes of one core, beside a Streamlit server with an empty page."""

from __future__ import annotations

import sys
import time

from tests.benchmarks.served import BARE, OURS, serving
from tests.benchmarks.world import judge

WARM_S = 6  # heavy libraries load after the start
WATCHED_S = 12
BOUND = 8


def main() -> int:
    with serving(OURS) as ours, serving(BARE) as bare:
        time.sleep(WARM_S)
        began = time.perf_counter()
        before = ours.ask("cpu"), bare.ask("cpu")
        time.sleep(WATCHED_S)
        after = ours.ask("cpu"), bare.ask("cpu")
        wall = time.perf_counter() - began
    took, floor = (100 * (b - a) / wall for a, b in zip(before, after, strict=True))
    return judge("idle studio", took, floor, BOUND, unit="% of a core")


if __name__ == "__main__":
    sys.exit(main())
