"""What an idle studio takes of one core, beside a process that only sleeps."""

from __future__ import annotations

import tempfile
import time

from tests.benchmarks.world import studio

WATCHED_S = 8


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, studio(f"sqlite:///{folder}/studio.db"):
        time.sleep(3)
        began, cpu = time.perf_counter(), time.process_time()
        time.sleep(WATCHED_S)
        ours = (time.process_time() - cpu) / (time.perf_counter() - began)
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(int(WATCHED_S / 0.1)):
        time.sleep(0.1)
    floor = (time.process_time() - cpu) / (time.perf_counter() - began)
    print(
        f"  idle studio: {100 * ours:.1f}% of a core; a bare 0.1 s timer {100 * floor:.2f}%;"
        f" difference {100 * (ours - floor):.1f} points (under 8%)"
    )


if __name__ == "__main__":
    main()
