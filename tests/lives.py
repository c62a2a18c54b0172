"""Processes that live to be killed: forks of one warm process, so that each begins at once.

A studio's imports take seconds, and a proof that kills forty processes would spend its minutes on
them. What dies is a whole process all the same, with threads, files and connections of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType

FORKS = multiprocessing.get_context("forkserver")
WARM = ["core.studio", "duckdb", "dbos._sys_db_sqlite"]  # what a studio imports when it opens


def warm(*modules: str) -> None:
    """These are imported once, before the first life of this process begins."""
    WARM.extend(modules)
    FORKS.set_forkserver_preload(WARM)


class Life:
    """One process that calls `run(*words)`; it has what tests use of a `subprocess.Popen`."""

    def __init__(self, run: Callable[..., object], *words: object) -> None:
        (out, said), (err, wrong) = FORKS.Pipe(duplex=False), FORKS.Pipe(duplex=False)
        self._process = FORKS.Process(target=_live, args=(run, words, said, wrong), daemon=True)
        main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
        try:
            self._process.start()  # it would run what an earlier test of a page left there
        finally:
            sys.modules["__main__"] = main
        said.close()
        wrong.close()
        self.stdout, self.stderr = (os.fdopen(os.dup(pipe.fileno())) for pipe in (out, err))

    @property
    def returncode(self) -> int | None:
        """None while it lives, -9 when it was killed."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float = 60) -> int:
        """Its exit code, when it has ended. Raises TimeoutError."""
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutError(f"It still lives after {timeout} s.")
        return self.returncode

    def communicate(self, timeout: float = 60) -> tuple[str, str]:
        """What it said, and what went wrong, when it has ended. Raises TimeoutError."""
        self.wait(timeout)
        return self.stdout.read(), self.stderr.read()


def _live(
    run: Callable[..., object], words: tuple[object, ...], out: Connection, err: Connection
) -> None:
    """The life itself: what it prints goes to the test."""
    for pipe, stream in ((out, sys.stdout), (err, sys.stderr)):
        os.dup2(pipe.fileno(), stream.fileno())
        pipe.close()
    run(*words)
