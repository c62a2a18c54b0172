"""A kernel that tells a loopback collector what it does; nothing is mocked."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import pytest

from core import safety, telemetry
from core.settings import load
from tests.core.kernel.proofs import ends, parts
from tests.core.telemetry import operations  # noqa: F401 - registers them
from tests.loopback.sinks import langfuse_server, otlp_server, sentry_server

CLIENT = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


@pytest.fixture(autouse=True)
def _world(tmp_path):
    parts.WORLD.folder = tmp_path


@pytest.fixture(autouse=True)
def _loggers():
    root = logging.getLogger()
    hushed = [logging.getLogger(name) for name in ("opentelemetry", "urllib3")]
    before = root.handlers[:], root.level, [one.level for one in hushed]
    yield
    root.handlers, root.level, levels = before
    for one, level in zip(hushed, levels, strict=True):
        one.setLevel(level)


@pytest.fixture
def collector():
    with otlp_server.open_collector() as sink:
        yield sink


@pytest.fixture
def langfuse():
    with langfuse_server.open_langfuse() as sink:
        yield sink


@pytest.fixture
def sentry():
    with sentry_server.open_sentry() as sink:
        yield sink


@contextmanager
def told(within_s=60, **settings):
    """Telemetry to the sinks of these settings, which have so long to take what is left."""
    values = {name.upper(): value for name, value in settings.items()}
    made = telemetry.open(load(values, None), safety.redact)
    try:
        yield made
    finally:
        made.close(within_s)


@contextmanager
def working(url, tmp_path, **settings):
    """A kernel with telemetry to these sinks, and that telemetry."""
    with told(studio_data_dir=str(tmp_path), **settings) as made:
        kernel = parts.open_studio(url, telemetry=made)
        made.watch(kernel.database.engine)
        try:
            yield kernel, made
        finally:
            parts.close_studio(kernel)


def ended(kernel, task_id):
    """The task, which has ended."""
    for _ in kernel.follow(task_id):
        pass
    ends.left(task_id)  # its span ends after its last event
    return kernel.task(task_id)


def spans(receiver, **about):
    """What the receiver holds with these values, dots of names written as two underscores."""
    wanted = {name.replace("__", "."): value for name, value in about.items()}
    return [one for one in receiver.seen if wanted.items() <= one.items()]
