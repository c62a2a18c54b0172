"""`worker`: works for others, and goes when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from core.commands import run
from core.identity import People
from tests.core.commands.conftest import ROOT, environment
from tests.core.kernel.proofs import parts

WORKER = (
    "import sys; import tests.core.kernel.proofs.parts; from core.commands import run;"
    "sys.exit(run(['worker']))"
)


def test_on_sqlite_it_says_what_it_needs(here, capsys):
    assert run(["worker"]) == 2
    said = capsys.readouterr().err
    assert "DATABASE_URL" in said
    assert not (here / "var" / "studio.db").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_it_works_for_another_process_and_a_stop_leaves_the_task_to_the_next(pg_url, tmp_path):
    parts.WORLD.folder = tmp_path
    kernel = parts.open_studio(pg_url, queues=())
    who = People(kernel.database).local().who()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=ROOT,
        env=environment(tmp_path, DATABASE_URL=pg_url, WORLD=str(tmp_path)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert "Working" in worker.stdout.readline()
        done = kernel.submit("tells", {}, who)
        assert parts.until(kernel, done, "done", "failed").state == "done"
        running = kernel.submit("blocked", {}, who)
        parts.until(kernel, running, "running")
        while not parts.steps(kernel, running):
            time.sleep(0.01)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(120) == 0, "it does not wait for the act, which takes much longer"
        assert kernel.task(running).state == "running"
    finally:
        worker.kill()
        worker.communicate()
        parts.close_studio(kernel)
