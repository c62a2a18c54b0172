"""Fixtures every test may use: a database, a real studio. Nothing is mocked."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.services import absent, postgres_url

HEAVY = (  # files that take half a minute and more, the longest first
    "tests/core/insight/proofs/test_hosted.py",
    "tests/core/insight/proofs/test_bad_input.py",
    "tests/core/insight/proofs/test_ask_crashes.py",
    "tests/core/insight/proofs/test_noise.py",
    "tests/browser/test_story.py",
    "tests/core/kernel/proofs/test_crashes.py",
    "tests/core/llm/chain/test_fault_matrix.py",
    "tests/core/insight/proofs/test_recall.py",
    "tests/browser/test_keyboard.py",
    "tests/browser/test_governance_keyboard.py",
    "tests/core/llm/media/test_crashes.py",
    "tests/core/llm/batching/test_crashes.py",
    "tests/core/ledger/test_accounts.py",
    "tests/docker/test_entrypoint.py",
    "tests/core/telemetry/proofs/test_sinks.py",
    "tests/test_start.py",
)
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
WATCHERS = ("mirror", "redis")  # threads that outlive what is not closed, and log on
NEAR_S = 15  # to the end of an hour, which ends a window of a limit, and of a day at midnight


def pytest_collection_modifyitems(config, items):
    """Beside others, what takes long comes first: no worker ends minutes before the last."""
    if not hasattr(config, "workerinput"):
        return
    many = Counter(item.path for item in items)
    rank = {config.rootpath / file: place for place, file in enumerate(HEAVY)}
    items.sort(key=lambda item: (rank.get(item.path, len(rank)), -many[item.path]))


@pytest.fixture(autouse=True, scope="session")
def _only_loopback():
    """Nothing in the suite reaches a network by accident."""
    real = socket.socket.connect

    def connect(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(host).startswith(LOOPBACK):
            raise OSError(f"The tests may not connect to {host!r}.")
        return real(self, address)

    socket.socket.connect = connect
    yield
    socket.socket.connect = real


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_left_open():
    """No studio, kernel or cache of a file watches on beside the tests of the next."""
    yield
    end = time.monotonic() + 60
    while left := [one.name for one in threading.enumerate() if one.name.startswith(WATCHERS)]:
        assert time.monotonic() < end, f"A test of this file did not close: {left}"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _no_window_ends():
    """A test of limits and of what was spent today does not begin a moment before the next hour."""
    left_s = 3_600 - time.time() % 3_600
    if left_s < NEAR_S:
        time.sleep(left_s)


@pytest.fixture
def patient(monkeypatch):
    """A Redis that answers late is one that answers: machines that test are often busy."""
    from core.storage.redis_cache import RedisCache

    monkeypatch.setitem(RedisCache.__init__.__kwdefaults__, "timeout_s", 60.0)


@pytest.fixture(autouse=True)
def _warnings_are_heard():
    """A studio of an earlier test may have told the root logger to be quiet."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def prepared():
    """Whether a PostgreSQL database has its tables already; tests of just that say no."""
    return True


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path, prepared):
    """A fresh database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/studio.db"
        return
    yield from _postgres(prepared)


@pytest.fixture
def sqlite_url(tmp_path):
    """A fresh SQLite database."""
    return f"sqlite:///{tmp_path}/studio.db"


@pytest.fixture
def pg_url(prepared):
    """A fresh PostgreSQL database."""
    yield from _postgres(prepared)


def _postgres(prepared):
    server_url = postgres_url()
    if server_url is None:
        absent("PostgreSQL")
    like = _pattern(server_url) if prepared else "template1"
    name = f"t{time.time_ns()}"
    server = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as db:
        db.exec_driver_sql(f"create database {name} template {like}")
    yield _named(server_url, name)
    with server.connect() as db:
        db.exec_driver_sql(f"drop database {name} with (force)")
    server.dispose()


def _named(server_url, name):
    return str(sa.make_url(server_url).set(database=name).render_as_string(hide_password=False))


@cache
def _pattern(server_url):
    """A database with every table and no row, made once a process: copying it is much quicker."""
    from dbos._migration import ensure_dbos_schema, run_dbos_migrations

    from core.storage.database import Database
    from core.storage.migrations import migrate

    name = f"pattern{time.time_ns()}"
    server = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as db:
        db.exec_driver_sql(f"create database {name}")
    server.dispose()
    database = Database(_named(server_url, name))
    migrate(database)
    ensure_dbos_schema(database.engine, "dbos")
    run_dbos_migrations(database.engine, "dbos", use_listen_notify=True)
    database.close()
    return name


@pytest.fixture
def samples() -> Path:
    """The folder of sample data."""
    return Path(__file__).parents[1] / "data" / "samples"


@pytest.fixture
def settings(tmp_path):
    """Settings of a studio in an empty folder; nothing of this machine's environment in them."""
    from core.settings import load

    env = {"STUDIO_DATA_DIR": str(tmp_path / "var"), "LOG_LEVEL": "ERROR"}
    return load({**env, "RATE_LIMIT_PER_MINUTE": "100000"}, None)  # tests are quicker than people


@pytest.fixture
def studio(settings):
    """A real studio on SQLite with the offline model."""
    from core.studio import open_studio

    opened = open_studio(settings)
    yield opened
    opened.close()
