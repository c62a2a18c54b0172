"""What the tests stand on is there, and is clean."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tests import services

ROOT = Path(__file__).parents[1]


@pytest.mark.postgres
def test_postgres_is_private_runs_and_is_no_one_elses():
    url = services.postgres_url()
    if url is None:
        services.absent("PostgreSQL")
    with psycopg.connect(url.replace("+psycopg", "")) as db:
        found = db.execute("select current_setting('server_version_num')::int").fetchone()
        assert found
        assert found[0] >= 140_000


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_postgres_ends_with_the_tests_even_when_they_are_killed():
    if services.ENV.get("POSTGRES_URL") or not services.postgres_programs():
        services.absent("PostgreSQL")
    script = (
        "import os, signal; from tests import services; print(services.postgres_url(), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the cluster is not root's
        ran = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**services.ENV, "PYTHONPATH": str(ROOT), "TMPDIR": folder},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        url = ran.stdout.strip()
        assert url.startswith("postgresql+psycopg://")
        deadline = time.monotonic() + 60
        while answers(url) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not answers(url)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_redis_is_private_can_be_killed_and_comes_back_empty():
    with services.redis() as server:
        with socket.create_connection(("127.0.0.1", server.port), 2) as asked:
            asked.sendall(b"SET k v\r\nDBSIZE\r\n")
            assert asked.recv(64).startswith(b"+OK")
        server.kill()
        with pytest.raises(OSError, match=r"."):
            socket.create_connection(("127.0.0.1", server.port), 2).close()
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), 2) as asked:
            asked.sendall(b"DBSIZE\r\n")
            assert asked.recv(64) == b":0\r\n"
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(("127.0.0.1", server.port), 2).close()


def test_what_is_missing_is_skipped_and_named_but_fails_in_ci(tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text("from tests.services import absent\ndef test_it():\n    absent('A teapot')\n")

    def run(ci: str) -> str:
        command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(test)]
        env = {**services.ENV, "CI": ci, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        return ran.stdout

    told = run("")
    assert "1 skipped" in told
    assert "A teapot is missing" in told
    assert "1 failed" in run("true")


def test_programs_are_looked_for_where_they_run():
    path = services.chromium()
    assert path is None or os.access(path, os.X_OK)
    for folder in services.postgres_programs():
        assert services._program(folder, "initdb")
