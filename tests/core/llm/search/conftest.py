"""One small studio and one server of all search services."""

from __future__ import annotations

import pytest

from core.llm import ModelSettings
from tests.core.llm.media.parts import open_house
from tests.loopback import search_server
from tests.loopback.server import KEY


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("search")) as opened:
        yield opened


@pytest.fixture
def web(house):
    with search_server.open_server() as server:
        house.studio.settings.search_keyless = False
        house.gate.refused = ""
        house.gate.asked.clear()
        yield server


@pytest.fixture
def config(web):
    """Settings with some of the services: `config("TAVILY")`, all of them without a name."""

    def make(*names: str, **more) -> ModelSettings:
        known = {
            "TAVILY": {"TAVILY_API_KEY": KEY, "TAVILY_BASE_URL": f"{web.url}/tavily"},
            "FIRECRAWL": {"FIRECRAWL_API_KEY": KEY, "FIRECRAWL_BASE_URL": f"{web.url}/firecrawl"},
            "SEARXNG": {"SEARXNG_URL": f"{web.url}/searxng"},
        }
        given: dict[str, str] = {}
        for name in names or known:
            given |= known[name]
        return ModelSettings(credentials=given, **more)

    return make
