"""A studio in a process of its own, and Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services import kept_port

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[str]:
    """The address of a studio that keeps everything in `folder`; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with kept_port() as port:
        yield from _served(folder, port, **more)


def _served(folder: Path, port: int, **more: str) -> Iterator[str]:
    env = {**os.environ, "STUDIO_DATA_DIR": str(folder), "STUDIO_HOST": "127.0.0.1"}
    env |= {"RATE_LIMIT_PER_MINUTE": "100000", **more}
    host = env["STUDIO_HOST"]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--host", host, "--port", str(port)]
    with (folder / "log.txt").open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, folder / "log.txt")
        yield url
    finally:
        process.terminate()
        process.wait(60)


def chromium() -> str | None:
    """Where this machine's Chromium is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    """One Chromium a module: its driver keeps an event loop running in this thread until closed."""
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing.")
        pytest.skip("Chromium is missing: install it to run the browser tests")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # machines that test are often busy
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    """A studio in local mode."""
    with serving(tmp_path_factory.mktemp("studio")) as address:
        yield address


@pytest.fixture
def page(browser):
    """A fresh window; the requests it made to other hosts are in `page.elsewhere`."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.elsewhere = []
    opened.on("request", lambda request: _note(opened.elsewhere, request.url))
    yield opened
    context.close()


def _note(elsewhere: list[str], address: str) -> None:
    near = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    if not address.startswith(near):
        elsewhere.append(address)


def _wait(process: subprocess.Popen, url: str, log: Path) -> None:
    began = time.monotonic()
    while time.monotonic() - began < 90:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
