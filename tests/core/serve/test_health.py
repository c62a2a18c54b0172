"""Alive, ready by part, and the summary."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.serve import health


def client(studio):
    return TestClient(Starlette(routes=health.routes(lambda: studio)))


def test_a_studio_that_is_starting_is_alive_but_not_ready():
    browser = client(None)
    assert browser.get("/healthz").json() == {"status": "ok"}
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["studio"]["detail"] == "starting"


def test_an_open_studio_is_ready_by_each_of_its_parts(wide):
    answer = client(wide).get("/readyz")
    assert answer.status_code == 200
    named = {"database", "blobs", "migrations", "llm", "policies", "cache", "moderation", "monitor"}
    parts = answer.json()["parts"]
    assert set(parts) == named | {"rates", "telemetry"}
    assert parts["rates"] == {"ok": True, "detail": "in process"}
    assert parts["telemetry"] == {"ok": True, "detail": "log lines only"}


def test_a_broken_part_is_named_without_its_secrets(wide):
    class Gone:
        def has(self, hash):
            raise OSError("/secret/place is gone")

    from types import SimpleNamespace

    broken = SimpleNamespace(**{**vars(wide), "blobs": Gone()})
    answer = client(broken).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["blobs"] == {"ok": False, "detail": "OSError"}
    assert "secret" not in answer.text


def test_the_summary_names_the_flags(wide):
    body = client(wide).get("/health").json()
    assert body["status"] == "ok"
    assert body["flags"] == {flag.name: flag.value for flag in wide.flags.status()}


def test_a_bad_file_of_policies_is_told_with_its_line_and_takes_nothing_out_of_service(
    wide, tmp_path
):
    from types import SimpleNamespace

    from core.governance.policies import Policies

    path = tmp_path / "policies.yaml"
    path.write_text("version: 1\nuse_cases:\n  chat: {temperature: 0.1}\n")
    studio = SimpleNamespace(**{**vars(wide), "policies": Policies(wide.database, path)})
    browser = client(studio)
    assert browser.get("/readyz").json()["parts"]["policies"] == {"ok": True, "detail": "chat"}
    path.write_text("version: 1\nuse_cases:\n  chat: {temperature: 9}\n")
    answer = browser.get("/readyz")
    assert answer.status_code == 200
    part = answer.json()["parts"]["policies"]
    assert part["ok"]
    assert part["detail"].startswith("line 3: ")
    assert part["detail"].endswith("(the last good file holds)")
    assert browser.get("/health").json()["status"] == "degraded"
    path.write_text("version: 1\n")
    assert browser.get("/health").json()["status"] == "ok"


def test_a_monitor_in_trouble_is_told_and_takes_nothing_out_of_service(wide):
    from types import SimpleNamespace

    from core.governance.monitor import Monitor

    studio = SimpleNamespace(**{**vars(wide), "monitor": Monitor(wide.database, wide.ledger)})
    browser = client(studio)
    assert browser.get("/readyz").status_code == 200
    body = browser.get("/health").json()
    assert body["status"] == "degraded"
    assert body["parts"]["monitor"]["detail"] == "it does not run; the log says more"


def test_a_sink_that_takes_nothing_is_told_and_takes_nothing_out_of_service(wide):
    from types import SimpleNamespace

    from tests.core.telemetry.conftest import told
    from tests.core.telemetry.test_facts import ASK
    from tests.loopback.sinks.otlp_server import open_collector

    with open_collector() as sink, told(otel_exporter_otlp_endpoint=sink.url) as telemetry:
        sink.status = 400  # not worth another try
        browser = client(SimpleNamespace(**{**vars(wide), "telemetry": telemetry}))
        assert browser.get("/health").json()["status"] == "ok"
        with telemetry.step(ASK):
            pass
        until = time.monotonic() + 30
        while not telemetry.down() and time.monotonic() < until:
            time.sleep(0.05)
        answer = browser.get("/health").json()
    assert answer["status"] == "degraded"
    detail = answer["parts"]["telemetry"]["detail"]
    assert detail.startswith("down: otlp")
    assert "otlp got 0, lost " in detail
    assert browser.get("/readyz").status_code == 200
