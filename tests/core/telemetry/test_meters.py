"""Metrics reach a collector: requests, durations, errors, cost by person, tokens, first token."""

from __future__ import annotations

import logging

from starlette.responses import Response

from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import ended, spans, told, working
from tests.core.telemetry.test_facts import ASK, DONE, JUDGED, USE
from tests.loopback.sinks import otlp_server
from tests.loopback.sinks.sink import receive

CALL = {
    "kind": "model",
    "use_case": "sales",
    "org_id": "acme",
    "user_id": "ana",
    "provider": "o",
    "model": "o/m",
    "state": "done",
    "tokens_used": 12,
    "cost_nusd": 5,
    "latency_ms": 100,
    "first_token_ms": 30,
}


def test_a_collector_gets_every_metric(collector, sqlite_url, tmp_path):
    salt = {"otel_exporter_otlp_endpoint": collector.url, "api_key_salt": "s" * 16}
    with working(sqlite_url, tmp_path, **salt) as (kernel, _):
        for name in ("metered", "metered", "down"):
            ended(kernel, kernel.submit(name, {}, ANA))

    def only(metric, **about):
        (one,) = spans(collector, metric=metric, **about)
        return one

    assert only("studio.requests", operation="metered", state="done")["value"] == 2
    assert only("studio.requests", operation="down", state="failed")["value"] == 1
    duration = only("studio.request.duration", operation="metered")
    assert (duration["value"], duration["sum"] > 0) == (2, True)
    assert only("studio.errors", operation="down")["error_code"] == "unavailable"
    assert only("studio.error.rate", operation="down")["value"] == 1.0
    assert only("studio.error.rate", operation="metered")["value"] == 0.0
    assert only("studio.first_token", model="openai/m")["sum"] == 160
    assert only("studio.tokens", model="openai/m")["value"] == 240
    cost = only("studio.cost", model="openai/m")
    assert (cost["value"], cost["org_id"]) == (1_800, "acme")
    assert only("studio.telemetry.dropped", sink="otlp")["value"] == 0


def test_no_number_of_people_makes_more_series_than_the_bound(collector, monkeypatch):
    from opentelemetry.sdk.resources import Resource

    from core.telemetry import meters

    monkeypatch.setattr(meters, "PEOPLE_MAX", 3)
    made = meters.Meters(f"{collector.url}/v1/metrics", {}, Resource({}))
    for i in range(10):
        made.call({**CALL, "user_id": f"p{i}"})
    made.close(5)
    costs = {one["person"]: one["value"] for one in spans(collector, metric="studio.cost")}
    assert len(costs) == 4
    assert costs["other"] == 7 * CALL["cost_nusd"]


def test_a_judged_step_counts_once_and_its_judge_is_paid(collector):
    with told(otel_exporter_otlp_endpoint=collector.url) as telemetry:
        telemetry.settled(ASK, {**DONE, "uses": [JUDGED, USE]}, 0.1)
        failed = {"code": "unavailable", "details": {"model": "acme/m"}, "spent": {"nusd": 3}}
        telemetry.settled(ASK, {**failed, "uses": [JUDGED]}, 0.1)
    counted = {one["model"]: one["value"] for one in spans(collector, metric="studio.steps")}
    assert counted == {"openai/m": 1, "acme/m": 1}
    costs = {one["model"]: one["value"] for one in spans(collector, metric="studio.cost")}
    assert costs == {"openai/m": 900, "openai/judge": 6}


def test_operations_are_measured_by_their_policies_however_little_is_logged(
    collector, sqlite_url, tmp_path
):
    logging.getLogger().setLevel(logging.ERROR)
    with working(sqlite_url, tmp_path, otel_exporter_otlp_endpoint=collector.url) as (kernel, _):
        ended(kernel, kernel.submit("under", {}, ANA))
    (one,) = spans(collector, metric="studio.requests")
    assert (one["use_case"], one["policy"]) == ("conversation", "conversation@b")


def test_a_collector_that_takes_traces_and_no_metrics_is_told_once_and_counted(caplog):
    def read(sink, request, body):
        refused = request.url.path == "/v1/metrics" and not sink.seen
        return Response(status_code=404) if refused else otlp_server.read(sink, request, body)

    with receive(read, ["/v1/traces", "/v1/metrics"]) as sink:
        with told(otel_exporter_otlp_endpoint=sink.url) as telemetry:
            telemetry.settled(ASK, DONE, 0.1)
        assert telemetry.status()["otlp metrics"] == {
            "sent": 0, "failed": 1, "dropped": 0, "waiting": 0,
        }  # fmt: skip
        assert telemetry.status()["otlp"]["failed"] == 0
        assert telemetry.down() == ["otlp metrics"]
    assert [r.getMessage().partition(" took")[0] for r in caplog.records] == [
        "The sink otlp metrics"
    ]


def test_a_collector_that_takes_metrics_again_is_no_longer_down(collector, caplog):
    from opentelemetry.sdk.resources import Resource

    from core.telemetry.meters import Meters

    caplog.set_level(logging.INFO, "core.telemetry")
    collector.status = 404
    made = Meters(f"{collector.url}/v1/metrics", {}, Resource({}), every_s=0.02)
    made.call(CALL)
    collector.until(lambda: made.tally.failed > 2)
    assert not made.tally.works
    collector.status = 200
    collector.until(lambda: made.tally.sent)
    made.close(60)
    assert made.tally.works
    ours = [r.levelname for r in caplog.records if r.name == "core.telemetry.outbox"]
    assert ours == ["WARNING", "INFO"]


def test_a_person_is_a_pseudonym_that_needs_the_salt(collector):
    from opentelemetry.sdk.resources import Resource

    from core.telemetry.meters import Meters

    url = f"{collector.url}/v1/metrics"
    one, two = (Meters(url, {}, Resource({}), salt=salt) for salt in ("a", "b"))
    try:
        assert one.pseudonym("acme", "ana") == one.pseudonym("acme", "ana")
        assert one.pseudonym("acme", "ana") != one.pseudonym("other", "ana")
        assert one.pseudonym("acme", "ana") != two.pseudonym("acme", "ana")
        assert "ana" not in one.pseudonym("acme", "ana")
    finally:
        one.close(1)
        two.close(1)
