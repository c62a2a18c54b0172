"""Alive, ready by part, and the summary."""

from __future__ import annotations

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
    named = {"database", "blobs", "migrations", "llm", "policies", "cache", "moderation"}
    assert set(answer.json()["parts"]) == named


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
