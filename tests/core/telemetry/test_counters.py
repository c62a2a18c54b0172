"""Numbers since the start, for one organisation at a time, in bounded memory."""

import threading

from core.telemetry import counters
from core.telemetry.counters import Counters, percentile

TASK = {"operation": "chat", "use_case": "sales", "state": "done", "latency_ms": 10}
CALL = {
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


def test_requests_times_and_the_error_rate_by_operation():
    found = Counters()
    for ms in range(9):
        found.task({**TASK, "latency_ms": ms})
    found.task({**TASK, "state": "failed", "latency_ms": 1_000})
    (row,) = found.operations()
    assert (row["count"], row["errors"], row["error_rate"]) == (10, 1, 0.1)
    assert (row["p50_ms"], row["p95_ms"]) == (5, 1_000)
    assert found.error_rates() == [("chat", 0.1)]


def test_cost_by_person_is_seen_by_their_organisation_only():
    found = Counters()
    found.call(CALL)
    found.call({**CALL, "user_id": "bo", "cost_nusd": 7})
    found.call({**CALL, "org_id": "other", "user_id": "eve"})
    rows = found.people("acme")
    assert {row["person_id"]: row["cost_nusd"] for row in rows} == {"ana": 5, "bo": 7}


def test_models_have_tokens_cost_and_first_token_times():
    found = Counters()
    found.call(CALL)
    found.call({**CALL, "provider": "", "model": "", "first_token_ms": None})
    (row,) = found.models()
    assert (row["model"], row["tokens"], row["first_token_p50_ms"]) == ("o/m", 12, 30)


def test_no_number_of_people_makes_it_grow(monkeypatch):
    monkeypatch.setattr(counters, "KEYS_MAX", 10)
    found = Counters()
    for i in range(100):
        found.call({**CALL, "user_id": f"p{i}"})
    assert len(found._people) == 11
    assert sum(tally.cost_nusd for tally in found._people.values()) == 500


def test_threads_lose_no_count():
    found = Counters()
    work = [
        threading.Thread(target=lambda: [found.call(CALL) for _ in range(500)]) for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert found.people("acme")[0]["count"] == 2_000


def test_a_percentile_of_nothing_is_nothing():
    assert percentile([], 0.5) is None
    assert percentile([3, 1, 2], 0.5) == 2
