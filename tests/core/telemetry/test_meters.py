"""Metrics reach a collector: requests, durations, errors, cost by person, tokens, first token."""

from __future__ import annotations

from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import ended, spans, working
from tests.core.telemetry.test_counters import CALL


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
    from core.telemetry.counters import Counters

    monkeypatch.setattr(meters, "PEOPLE_MAX", 3)
    made = meters.Meters(f"{collector.url}/v1/metrics", {}, Resource({}), Counters())
    for i in range(10):
        made.call({**CALL, "kind": "model", "use_case": "sales", "user_id": f"p{i}"})
    made.close(5)
    costs = {one["person"]: one["value"] for one in spans(collector, metric="studio.cost")}
    assert len(costs) == 4
    assert costs["other"] == 7 * CALL["cost_nusd"]


def test_a_person_is_a_pseudonym_that_needs_the_salt(collector):
    from opentelemetry.sdk.resources import Resource

    from core.telemetry.counters import Counters
    from core.telemetry.meters import Meters

    url = f"{collector.url}/v1/metrics"
    one, two = (Meters(url, {}, Resource({}), Counters(), salt=salt) for salt in ("a", "b"))
    try:
        assert one.pseudonym("acme", "ana") == one.pseudonym("acme", "ana")
        assert one.pseudonym("acme", "ana") != one.pseudonym("other", "ana")
        assert one.pseudonym("acme", "ana") != two.pseudonym("acme", "ana")
        assert "ana" not in one.pseudonym("acme", "ana")
    finally:
        one.close(1)
        two.close(1)
