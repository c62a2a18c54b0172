"""An alert as a card: its sentence, its picture, its way on, its buttons."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from components.govern import alert_card
from core.governance.alerts import News, alerts, tell
from core.governance.halt import halted
from core.storage.database import now
from tests import screens

CAUSE = {
    "usual": 300_000_000,
    "spent": 4_100_000_000,
    "delta": 3_800_000_000,
    "first": "volume",
    "parts": {"volume": 4_000_000_000, "tokens": 0, "price": -500_000_000, "cache": 300_000_000},
    "times": {"volume": 11.0},
    "by": {
        "person": [{"name": "gone", "nusd": 3_800_000_000}],
        "model": [
            {"name": "openai/large", "nusd": 4_000_000_000},
            {"name": "openai/small", "nusd": -200_000_000},
        ],
        "prompt": [{"name": "3f2a91c0dd", "nusd": 3_800_000_000}],
        "operation": [{"name": "email_generation", "nusd": 3_800_000_000}],
    },
}


def some(**more):
    about = {"kind": "threshold", "severity": "warning", "scope": "org:a", "title": "80% of $10"}
    rest = {"seen_at": None, "seen_by": "", "sent_at": None, "send_at": None, "trouble": ""}
    return SimpleNamespace(**{"at": now(), "cause": {}, **about, **rest, **more})


def told(front, key, **more):
    """An alert of the owner's organisation, told to the studio."""
    org_id = front.people.local().org_id
    about = {"kind": "anomaly", "severity": "warning", "scope": f"org:{org_id}", "title": key}
    tell(front.database, [News(**{"org_id": org_id, "key": key, "cause": CAUSE, **about, **more})])
    return next(row for row in alerts(front.database, org_id) if row.key == key)


def test_the_waterfall_goes_from_the_usual_hour_to_this_one_without_a_gap():
    made = alert_card.waterfall(CAUSE)
    names = made["yAxis"]["data"]
    assert names == ["Usual hour", "Number of calls", "Caches", "Price a token", "This hour"]
    starts = [round(1e9 * value) for value in made["series"][0]["data"]]
    sizes = [round(1e9 * bar["value"]) for bar in made["series"][1]["data"]]
    level = CAUSE["usual"]
    for name, start, size in list(zip(names, starts, sizes, strict=True))[1:-1]:
        is_fall = name == "Price a token"
        assert (start + size if is_fall else start) == level
        level = start if is_fall else start + size
    assert level == CAUSE["spent"]


@pytest.mark.usefixtures("front")
def test_who_moved_it_is_said_with_signs():
    said = alert_card.movers(CAUSE, "model").replace("\\", "")
    assert said == "openai/large +$4.00, openai/small \u2212$0.20"
    assert alert_card.movers(CAUSE, "person").startswith("gone")
    assert alert_card.movers(CAUSE, "prompt").startswith("prompt 3f2a91c0")
    assert alert_card.movers(CAUSE, "operation").startswith("Email generation")
    assert alert_card.movers({"by": {}}, "model") == ""


@pytest.mark.usefixtures("front")
def test_the_headline_shows_dollars_as_dollars_and_how_grave_it_is():
    said = alert_card.headline(some(severity="critical"))
    assert "80% of \\$10" in said
    assert ":red[" in said
    assert "Critical · just now" in said
    assert "seen by bo" in alert_card.headline(some(seen_at=now(), seen_by="bo"))


def test_what_the_webhook_did_is_said():
    assert alert_card.posted(some()) == ""
    assert alert_card.posted(some(sent_at=now())) == " · posted"
    later = now() + timedelta(minutes=1)
    assert alert_card.posted(some(trouble="it answered 500", send_at=later)).endswith("tried again")
    assert alert_card.posted(some(trouble="it answered 410")).endswith("given up")


def test_the_way_to_the_spend_of_its_scope():
    assert alert_card.spend_of(some(scope="person:ana")) == {
        "view": "spend",
        "by": "Person",
        "filter_spend": "ana",
    }
    for scope in ("task:01", "task:01:email_generation"):  # the run's budget, a use case's within
        way = alert_card.spend_of(some(scope=scope))
        assert (way["by"], way["filter_spend"]) == ("Run", "01")
    assert alert_card.spend_of(some(kind="anomaly"))["by"] == "Model"
    assert alert_card.spend_of(some())["by"] == "Operation"


def test_an_anomaly_draws_and_seen_marks_it(front):
    alert = told(front, "odd hour")
    at = screens.shell("governance", view="alerts")
    assert not at.exception
    assert "odd hour" in screens.text(at)
    at.button(key=f"seen_view_{alert.id}").click().run()
    row = next(row for row in alerts(front.database, alert.org_id) if row.id == alert.id)
    assert row.seen_by == front.people.local().id


def test_stop_and_allow_again(front):
    alert = told(front, "stop me")
    at = screens.shell("governance", view="alerts")
    at.button(key=f"stop_now_view_{alert.id}").click().run()
    assert halted(front.database, alert.org_id) == [alert.scope]
    at.button(key=f"allow_{alert.scope}").click().run()
    assert halted(front.database, alert.org_id) == []
    assert not at.exception
