"""A server in a process of its own, and two ways to look at it: a socket and Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services import chromium

ROOT = Path(__file__).parents[2]
OURS, BARE = "tests.benchmarks.front:app", "tests.benchmarks.bare:app"
NO = "gpu quic background-networking component-update sync"
FLAGS = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in NO.split())]
WITHIN_S = 90


class Server:
    """A started server; `ask` what its process knows."""

    def __init__(self, app: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        where = {"STUDIO_DATA_DIR": str(folder), "STUDIO_PORT": str(port), "LOG_LEVEL": "ERROR"}
        where |= {"RATE_LIMIT_PER_MINUTE": "100000"}
        words = ["uvicorn", app, "--port", str(port), "--log-level", "error", "--no-access-log"]
        words += ["--timeout-graceful-shutdown", "1"]  # a browser keeps its socket open
        command = [sys.executable, "-m", *([app] if app == "core.launch" else words)]
        self._log = folder / "server.log"
        with self._log.open("w") as out:
            self.began = time.perf_counter()
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **where}, stdout=out, stderr=out
            )

    def ask(self, name: str) -> Any:
        """The answer of /bench/NAME."""
        with urllib.request.urlopen(f"{self.url}/bench/{name}", timeout=WITHIN_S) as answer:
            return json.load(answer)

    def wait(self) -> None:
        """It listens, so it is open: the server binds after the studio has opened."""
        port = int(self.url.rpartition(":")[2])
        while time.perf_counter() - self.began < WITHIN_S:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError(self._log.read_text())

    def close(self) -> None:
        """It has ended."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(app: str, folder: Path | None = None) -> Iterator[Server]:
    """`app` is served, with an empty data folder unless one is given."""
    with tempfile.TemporaryDirectory() as empty:
        server = Server(app, folder or Path(empty))
        try:
            server.wait()
            yield server
        finally:
            server.close()


class Viewer:
    """A browser tab without the browser: Streamlit's own messages over its own socket."""

    def __init__(self, url: str) -> None:
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        address = url.replace("http", "ws") + "/_stcore/stream"
        self._socket = connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)

    def rerun(self, page: str = "", query: str = "") -> float:
        """Seconds from asking for a run of the page to its end."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        began = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(self._socket.recv(timeout=WITHIN_S, decode=False))
            if said.WhichOneof("type") == "script_finished":
                assert said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                return time.perf_counter() - began

    def close(self) -> None:
        """The tab is closed."""
        self._socket.close()


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, open and waiting."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()
