"""One small studio and one server of all media doors."""

from __future__ import annotations

import pytest

from core.llm import ModelSettings
from tests.core.llm.media.parts import open_house
from tests.loopback import media_server
from tests.loopback.server import KEY


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("media")) as opened:
        yield opened


@pytest.fixture
def media(house):
    with media_server.open_server() as server:
        house.gate.refused = ""
        house.gate.asked.clear()
        yield server


@pytest.fixture
def llm(house, media):
    """A gateway to the server, as OpenAI and as a compatible one; more settings by name."""

    def make(**more):
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{media.url}/v1",
                 "COMPATIBLE_API_KEY": KEY, "COMPATIBLE_BASE_URL": f"{media.url}/v1"}  # fmt: skip
        return house.use(ModelSettings(credentials=given, **more))

    return make
