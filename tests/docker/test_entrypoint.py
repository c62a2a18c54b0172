"""The container's entry point, run natively: it waits, prepares, hands over."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.settings import load
from tests.services import kept_port

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("entrypoint", ROOT / "docker" / "entrypoint.py")
assert SPEC
assert SPEC.loader
entrypoint = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(entrypoint)


@pytest.fixture
def prepared():
    """The database is empty: it is prepared here."""
    return False


@pytest.fixture
def env(tmp_path):
    return {"STUDIO_DATA_DIR": str(tmp_path / "data"), "STUDIO_HOST": "0.0.0.0"}


def test_it_hands_over_to_the_server_on_the_address_of_the_settings(env):
    ran: list[list[str]] = []
    assert entrypoint.main({**env, "STUDIO_PORT": "9009"}, ran.append) == 0
    (command,) = ran
    assert command[1:4] == ["-m", "uvicorn", "app:app"]
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert command[command.index("--port") + 1] == "9009"


def test_missing_secrets_are_made_once_and_kept_for_the_owner_only(env):
    entrypoint.main(env, lambda _: None)
    first = load(env, env_file=None)
    again = {"STUDIO_DATA_DIR": env["STUDIO_DATA_DIR"], "STUDIO_HOST": "0.0.0.0"}
    entrypoint.main(again, lambda _: None)
    assert load(again, env_file=None).secret_key == first.secret_key
    file = Path(env["SECRET_KEY_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(p.name for p in file.parent.iterdir()) == ["API_KEY_SALT", "SECRET_KEY"]


def test_given_secrets_are_used_and_none_is_written(env):
    given = {**env, "SECRET_KEY": "k" * 32, "API_KEY_SALT": "s" * 16}
    assert entrypoint.main(given, lambda _: None) == 0
    assert not Path(env["STUDIO_DATA_DIR"]).exists()


def test_a_wrong_setting_ends_it_with_its_name_and_the_way_out(env, capsys):
    assert entrypoint.main({**env, "STUDIO_PORT": "x"}, pytest.fail) == 1
    told = capsys.readouterr().err
    assert "STUDIO_PORT" in told
    assert ".env.example" in told


def test_a_volume_that_cannot_be_written_ends_it_with_the_way_out(tmp_path, capsys):
    (tmp_path / "data").write_text("a file is in the way")
    assert entrypoint.main({"STUDIO_DATA_DIR": str(tmp_path / "data")}, pytest.fail) == 1
    assert "Mount a volume" in capsys.readouterr().err


def test_it_waits_for_the_database_to_answer(env):
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))
        port = late.getsockname()[1]
        done: list[object] = []
        timer = threading.Timer(0.5, lambda: done.append("listens") or late.listen())
        timer.start()
        url = f"postgresql://u:p@127.0.0.1:{port}/studio"
        assert entrypoint.main({**env, "DATABASE_URL": url}, done.append) == 0
        timer.join()
    assert done[0] == "listens"
    assert len(done) == 2


def test_a_database_that_never_answers_is_named_without_its_password(env):
    keys = {"SECRET_KEY": "k" * 32, "API_KEY_SALT": "s" * 16}
    with kept_port() as port:
        url = f"postgresql://u:canary@127.0.0.1:{port}/studio"
        settings = load({**env, **keys, "DATABASE_URL": url}, env_file=None)
        with pytest.raises(Unavailable, match=rf"DATABASE_URL.*{port}") as caught:
            entrypoint.wait(settings, within_s=0.3)
    assert "canary" not in str(caught.value)


def test_sqlite_is_no_server_to_wait_for():
    assert entrypoint.servers(load({}, env_file=None)) == {}


def test_run_as_the_container_does_it_serves_until_it_is_stopped(env, url, tmp_path):
    more = {"STUDIO_INIT_DB": "1", "DATABASE_URL": url}
    with kept_port() as port, (tmp_path / "said").open("w") as said:
        env = {**os.environ, **env, **more, "STUDIO_PORT": str(port)}
        command = [sys.executable, "docker/entrypoint.py"]
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            status = 0
            deadline = time.monotonic() + 120
            while status != 200 and server.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
                with contextlib.suppress(OSError):
                    status = urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").status
            assert status == 200, (tmp_path / "said").read_text()
            server.terminate()
            assert server.wait(60) in (0, -signal.SIGTERM)
        finally:
            server.kill()
            server.wait()
    assert "up to date" in (tmp_path / "said").read_text()


def test_a_database_that_cannot_be_prepared_ends_it(env, tmp_path):
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path}/file/studio.db"
    command = [sys.executable, "docker/entrypoint.py"]
    env = {**os.environ, **env, "STUDIO_INIT_DB": "1", "DATABASE_URL": url}
    ran = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode > 0
    assert "running on" not in ran.stderr
