"""A kernel per test."""

from __future__ import annotations

import pytest

from tests.core.governance import parts


@pytest.fixture
def kernel(url):
    kernel = parts.open_kernel(url)
    yield kernel
    kernel.close()
    kernel.database.close()
