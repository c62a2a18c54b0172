"""One studio for all tests of components; each test starts with pages that know only it."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.fixture(scope="session")
def _open(tmp_path_factory):
    yield from screens.opened(tmp_path_factory.mktemp("components"))


@pytest.fixture
def front(_open):
    """The open studio that pages draw from."""
    screens.show(_open)
    return _open


@pytest.fixture(scope="session")
def asked(_open):
    """A question that was answered: the id of its task."""
    screens.show(_open)
    return screens.ask(_open)
