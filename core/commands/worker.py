"""`worker`: a process that only works; the pages are elsewhere."""

from __future__ import annotations

import os
import signal
import sys
import threading

from core.errors import Unavailable
from core.settings import load


def worker() -> int:
    """Run queued tasks until stopped. Needs PostgreSQL: SQLite is for one process."""
    from core.studio import open_studio

    settings = load()
    if settings.database.startswith("sqlite"):
        raise Unavailable(
            "A worker beside a studio needs a database that several processes can use.",
            hint="Set DATABASE_URL to PostgreSQL; the studio itself works without a worker.",
        )
    studio, stop = open_studio(settings), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    sys.stdout.write("Working. Stop with Ctrl-C.\n")
    sys.stdout.flush()
    stop.wait()
    studio.close()
    sys.stdout.flush()
    os._exit(0)  # an act in progress would hold the exit; the next process takes it up
