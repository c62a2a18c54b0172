"""A kernel per test with operations that die where they are told to."""

from __future__ import annotations

import pytest

from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.child import live
from tests.lives import Life, warm

warm("tests.core.kernel.proofs.child")


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
    """Start a process on this test's database; those left over are killed."""
    parts.WORLD.folder = tmp_path
    started = []

    def start(*commands: str) -> Life:
        started.append(Life(live, url, str(tmp_path), *commands))
        return started[-1]

    yield start
    for life in started:
        life.kill()
        life.communicate()
