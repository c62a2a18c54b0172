"""A kernel per test with operations that die where they are told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.kernel.proofs import parts

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _world(tmp_path):
    """Nothing a test does is seen by another."""
    parts.WORLD.folder = tmp_path


@pytest.fixture
def kernel(url):
    kernel = parts.open_studio(url)
    yield kernel
    parts.settle_down(kernel)
    parts.books(kernel)
    parts.close_studio(kernel)


@pytest.fixture
def child(url, tmp_path):
    """Start `child.py` on this test's database; processes left over are killed by id."""
    parts.WORLD.folder = tmp_path
    started = []

    def start(*commands: str) -> subprocess.Popen:
        env = {**os.environ, "WORLD": str(tmp_path), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.kernel.proofs.child", url, *commands],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
