"""Fixtures every test may use: a database, a real studio. Nothing is mocked."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.services import absent, postgres_url

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


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


@pytest.fixture(autouse=True)
def _warnings_are_heard():
    """A studio of an earlier test may have told the root logger to be quiet."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """A fresh database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/studio.db"
        return
    yield from _postgres()


@pytest.fixture
def sqlite_url(tmp_path):
    """A fresh SQLite database."""
    return f"sqlite:///{tmp_path}/studio.db"


@pytest.fixture
def pg_url():
    """A fresh PostgreSQL database."""
    yield from _postgres()


def _postgres():
    server_url = postgres_url()
    if server_url is None:
        absent("PostgreSQL")
    name = f"t{time.time_ns()}"
    server = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as db:
        db.exec_driver_sql(f"create database {name}")
    yield str(sa.make_url(server_url).set(database=name).render_as_string(hide_password=False))
    with server.connect() as db:
        db.exec_driver_sql(f"drop database {name} with (force)")
    server.dispose()


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
