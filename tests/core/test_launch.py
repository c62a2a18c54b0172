"""The studio as start.py runs it: a port of its own, a database, an address, a clean end."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from core import launch
from core.errors import Unavailable
from core.settings import ROOT
from tests.services import kept_port


@pytest.fixture
def port():
    """A port that nobody uses."""
    with kept_port() as kept:
        yield kept


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def serving(body: bytes):
    """A web server on loopback that answers everything with `body`."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_the_address_is_one_that_this_machine_can_open():
    assert launch.address("127.0.0.1", 8501) == "http://127.0.0.1:8501"
    assert launch.address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert launch.address("::", 80) == launch.address("[::1]", 80) == "http://[::1]:80"


def test_a_port_is_free_or_taken(port, taken):
    assert not launch.is_taken("127.0.0.1", port)
    assert launch.is_taken("127.0.0.1", taken)


def test_an_address_of_another_machine_is_told_with_the_setting():
    with pytest.raises(Unavailable, match=r"Cannot listen on 192\.0\.2\.1.*STUDIO_HOST"):
        launch.is_taken("192.0.2.1", 8501)


@pytest.mark.parametrize(
    ("body", "is_studio"),
    [(b'{"status": "ready", "parts": {}}', True), (b"{}", False), (b"[]", False), (b"<p>", False)],
)
def test_a_studio_is_told_from_other_programs(body, is_studio):
    server = serving(body)
    try:
        assert launch.is_studio(f"http://127.0.0.1:{server.server_port}") is is_studio
    finally:
        server.shutdown()
        server.server_close()


def test_a_taken_port_ends_the_start_with_a_way_out(taken, monkeypatch, capsys):
    monkeypatch.setenv("STUDIO_PORT", str(taken))
    assert launch.main() == 1
    told = capsys.readouterr().err
    assert f"Another program uses port {taken}" in told
    assert "STUDIO_PORT=" in told


def test_a_running_studio_is_no_error(monkeypatch, capsys):
    server = serving(b'{"parts": {}}')
    monkeypatch.setenv("STUDIO_PORT", str(server.server_port))
    try:
        assert launch.main() == 0
    finally:
        server.shutdown()
        server.server_close()
    assert "already runs" in capsys.readouterr().out


def test_a_wrong_setting_ends_the_start_with_its_name(monkeypatch, capsys):
    monkeypatch.setenv("STUDIO_PORT", "x")
    assert launch.main() == 1
    assert "STUDIO_PORT" in capsys.readouterr().err


def test_a_database_that_cannot_be_prepared_ends_the_start(port, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STUDIO_PORT", str(port))
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "file" / "inside"))
    assert launch.main() == 1
    told = capsys.readouterr().err
    assert "cannot be used" in told
    assert "Traceback" not in told


def test_it_starts_says_where_answers_and_ends_cleanly_when_asked(port, tmp_path):
    env = {**os.environ, "STUDIO_PORT": str(port), "STUDIO_DATA_DIR": str(tmp_path)}
    with (tmp_path / "said").open("w") as said:
        command = [sys.executable, "-m", "core.launch"]
        studio = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            told = until(tmp_path / "said", "ready at", studio)
            assert f"http://127.0.0.1:{port}" in told
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.status == 200
            studio.send_signal(signal.SIGINT)
            assert studio.wait(60) == 0
        finally:
            studio.kill()
            studio.wait()
    told = (tmp_path / "said").read_text()
    assert told.rstrip().endswith("Stopped.")
    assert "Traceback" not in told
    assert "leak" not in told


def until(file: Path, words: str, process: subprocess.Popen[bytes]) -> str:
    """The file's text as soon as it has the words."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if words in (told := file.read_text()):
            return told
        time.sleep(0.05)
    pytest.fail(file.read_text())
