"""The front as a process of its own: quick, and closed to the legacy ways in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.services import kept_port

ROOT = Path(__file__).parents[1]


def get(url, host=None):
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


@pytest.fixture(scope="module", params=["uvicorn", "streamlit"])
def served(request, tmp_path_factory):
    """The address of a fresh process that is ready."""
    with kept_port() as port:
        yield from started(request.param, port, tmp_path_factory)


def started(way, port, tmp_path_factory):
    """The same at `port`."""
    ways = {
        "uvicorn": ["uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port)],
        "streamlit": ["streamlit", "run", "app.py", "--server.port", str(port)],
    }
    env = {**os.environ, "STUDIO_DATA_DIR": str(tmp_path_factory.mktemp("app"))}
    env |= {"STUDIO_HOST": "127.0.0.1", "PYTHONPATH": str(ROOT)}
    log = tmp_path_factory.mktemp("log") / "log.txt"
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *ways[way]], cwd=ROOT, env=env, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - began < 120, log.read_text()
            try:
                if get(f"{url}/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def test_health_is_told_by_part(served):
    assert get(f"{served}/healthz") == (200, '{"status":"ok"}')
    assert '"database"' in get(f"{served}/health")[1]


def test_fonts_and_marks_are_served_from_here(served):
    assert get(f"{served}/assets/fonts/StudioSans-400.woff2")[0] == 200
    assert get(f"{served}/assets/brand/icon.svg")[0] == 200
    assert get(f"{served}/assets/../app.py")[0] != 200


def test_a_deep_link_is_answered_first(served):
    assert get(f"{served}/chat")[0] == 200


def test_another_name_for_this_computer_is_refused(served):
    assert get(f"{served}/", host="evil.test")[0] == 403
