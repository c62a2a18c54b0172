"""A provider with batches, and an office that uses it: once of each kind."""

from __future__ import annotations

import pytest

from core.llm.batching import anthropic as anthropic_door
from tests.core.llm.batching import parts
from tests.loopback.batches import anthropic_batches, openai_batches

KINDS = {
    "openai": (openai_batches.open_server, parts.GPT),
    "anthropic": (anthropic_batches.open_server, parts.CLAUDE),
}


@pytest.fixture(params=list(KINDS))
def kind(request):
    return request.param


@pytest.fixture
def desk(kind):
    """The provider's side."""
    with KINDS[kind][0]() as desk:
        yield desk


@pytest.fixture
def office(kind, desk, tmp_path, monkeypatch):
    """Our side; the books are right at its end."""
    monkeypatch.setattr(anthropic_door.DOOR, "_wait_s", 0.05)
    kernel = parts.open_kernel(f"sqlite:///{tmp_path}/studio.db", tmp_path)
    gateway = parts.open_gateway(kernel, desk.url)
    yield parts.Office(kernel, gateway, KINDS[kind][1])
    from tests.core.kernel.proofs.parts import books, settle_down

    settle_down(kernel)
    books(kernel)
    kernel.close()
    kernel.database.close()
