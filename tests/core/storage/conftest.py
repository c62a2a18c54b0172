"""A Redis of each test that asks for one."""

from __future__ import annotations

import pytest

from tests import services


@pytest.fixture
def prepared():
    """Databases are empty here: who makes their tables is what is tested."""
    return False


@pytest.fixture
def redis():
    """A real Redis, empty."""
    with services.redis() as server:
        yield server
