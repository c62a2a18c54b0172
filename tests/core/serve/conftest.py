"""A studio that others can reach, with a password."""

from __future__ import annotations

import pytest

from core.settings import load
from core.studio import open_studio

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """The open studio, reachable from elsewhere."""
    env = {
        "STUDIO_DATA_DIR": str(tmp_path_factory.mktemp("wide")),
        "STUDIO_HOST": "0.0.0.0",
        "SECRET_KEY": "s" * 40,
        "API_KEY_SALT": "t" * 20,
    }
    studio = open_studio(load(env, None))
    studio.people.ensure_password(PASSWORD)
    yield studio
    studio.close()
