"""One studio a module, as the engine allows one at a time; every test starts with it in use."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.fixture(scope="module")
def _open(tmp_path_factory):
    yield from screens.opened(tmp_path_factory.mktemp("screens"))


@pytest.fixture
def front(_open):
    """The open studio that pages draw from."""
    screens.show(_open)
    return _open


@pytest.fixture(scope="module")
def asked(_open):
    """A question that was answered: the id of its task."""
    screens.show(_open)
    return screens.ask(_open)
