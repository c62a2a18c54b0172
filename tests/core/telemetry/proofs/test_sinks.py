"""A sink that is down, slow or a black hole: work goes on as if there were none."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from core.telemetry import meters, tracing
from core.telemetry.telemetry import CLOSE_S
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import ended, told
from tests.loopback.sinks import langfuse_server, otlp_server, sentry_server

STEPS = 200
QUEUE_MAX = 300
WAIT_S = 40.0  # of one delivery in vain
QUICK_S = 20.0  # far above what a busy machine adds, far below one wait


@pytest.fixture(autouse=True)
def _long_waits(monkeypatch):
    """Who waits for a sink waits for so long that no busy machine is taken for it."""
    for one in (tracing, meters):
        monkeypatch.setattr(one, "TIMEOUT_S", WAIT_S)


@contextmanager
def down():
    """Addresses where nobody listens."""
    yield ["http://127.0.0.1:9"] * 3


@contextmanager
def slow():
    """Three servers that take ten minutes for every answer."""
    with (
        otlp_server.open_collector() as otlp,
        langfuse_server.open_langfuse() as langfuse,
        sentry_server.open_sentry() as sentry,
    ):
        sinks = (otlp, langfuse, sentry)
        for sink in sinks:
            sink.delay_s = 600
        yield [sink.url for sink in sinks]


@contextmanager
def black_hole():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield [f"http://127.0.0.1:{server.getsockname()[1]}"] * 3


def settings(otlp, langfuse, sentry):
    return {
        "otel_exporter_otlp_endpoint": otlp,
        "langfuse_base_url": langfuse,
        "langfuse_public_key": langfuse_server.PUBLIC,
        "langfuse_secret_key": langfuse_server.SECRET,
        "sentry_dsn": sentry_server.dsn(sentry),
    }


def work(telemetry, url, steps=STEPS):
    """Seconds that the longest governed step took; errors of two more tasks go to Sentry."""
    kernel = parts.open_studio(url, telemetry=telemetry)
    telemetry.watch(kernel.database.engine)
    try:
        for name in ("bug", "breaks"):
            ended(kernel, kernel.submit(name, {}, ANA))
        task = ended(kernel, kernel.submit("many", {"n": steps}, ANA))
        assert task.state == "done"
        query = parts.sa.select(parts.STEP).where(parts.STEP.c.task_id == task.id)
        rows = kernel.database.rows(query)
        assert len(rows) == steps
        return max((row.ended_at - row.started_at).total_seconds() for row in rows)
    finally:
        parts.close_studio(kernel)


@pytest.mark.slow
@pytest.mark.parametrize("sinks", [down, slow, black_hole])
def test_work_neither_waits_nor_fails(sinks, tmp_path, monkeypatch):
    monkeypatch.setattr(tracing, "KEPT_MAX", QUEUE_MAX)
    with sinks() as urls, told(**settings(*urls)) as telemetry:
        longest_s = work(telemetry, f"sqlite:///{tmp_path}/studio.db")
        status = telemetry.status()
        began = time.monotonic()
        telemetry.close()
        closing = time.monotonic() - began
        after = telemetry.status()
    assert longest_s < QUICK_S
    assert closing < QUICK_S
    for name in ("otlp", "langfuse"):
        assert status[name]["waiting"] <= QUEUE_MAX
        assert after[name]["waiting"] == 0
        assert after[name]["failed"] + after[name]["dropped"] > 0 or sinks is slow
    assert status["otlp"]["dropped"] > 0  # more spans than room, and it knows how many
    assert status["sentry"]["sent"] == 2


def test_a_flood_of_errors_is_bounded_and_counted():
    with black_hole() as urls, told(CLOSE_S, sentry_dsn=sentry_server.dsn(urls[2])) as telemetry:
        began = time.monotonic()
        for i in range(400):  # one wait each would last many minutes
            logging.getLogger("core.flood").error("number %d", i)
        assert time.monotonic() - began < 60
        status = telemetry.status()["sentry"]
    assert status["sent"] == 400
    assert status["dropped"] >= 400 - 100 - 1


def test_a_studio_that_closes_leaves_no_thread_that_holds_it_up():
    with black_hole() as urls, told(**settings(*urls)) as telemetry:
        telemetry.submitted("chat", "o", "p")
        while any(telemetry.status()[name]["waiting"] for name in ("otlp", "langfuse")):
            time.sleep(0.01)
        began = time.monotonic()  # its delivery hangs now
        telemetry.close()
        assert time.monotonic() - began < QUICK_S
    assert all(one.daemon for one in threading.enumerate() if one.name.startswith("outbox"))
