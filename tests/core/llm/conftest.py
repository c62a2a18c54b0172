"""One kernel and one pair of loopback providers for all model tests."""

from __future__ import annotations

import pytest

from core.kernel import Kernel, Queue
from core.ledger import Accounts
from core.storage.blobs import Folder
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.loopback import anthropic_server, mistral_server, ollama_server, openai_server

QUEUES = (Queue("interactive", 8, 8, 0.05), Queue("batch", 2, 2, 0.5), Queue("render", 2, 1, 0.5))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel with the real ledger on SQLite."""
    folder = tmp_path_factory.mktemp("llm")
    database = Database(f"sqlite:///{folder}/studio.db")
    migrate(database)
    blobs = Folder(folder / "blobs")
    kernel = Kernel(database, Accounts(database), queues=QUEUES, blobs=blobs)
    yield kernel
    kernel.close()
    database.close()


@pytest.fixture(scope="session")
def gpt():
    """A loopback OpenAI."""
    with openai_server.open_server() as server:
        yield server


@pytest.fixture(scope="session")
def claude():
    """A loopback Anthropic."""
    with anthropic_server.open_server() as server:
        yield server


@pytest.fixture(scope="session")
def mistral():
    """A loopback Mistral."""
    with mistral_server.open_server() as server:
        yield server


@pytest.fixture(scope="session")
def ollama():
    """A loopback Ollama."""
    with ollama_server.open_server() as server:
        yield server
