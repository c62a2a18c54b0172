"""`python -m core`."""

from __future__ import annotations

from tests.core.commands.conftest import core


def test_it_runs_commands_and_gives_their_exit_code(tmp_path):
    ran = core(tmp_path, "init-db")
    assert (ran.returncode, ran.stdout) == (0, "The database is up to date.\n")
    wrong = core(tmp_path, "no-such-command")
    assert wrong.returncode == 2
    assert "no-such-command" in wrong.stderr
    assert "Traceback" not in wrong.stderr
