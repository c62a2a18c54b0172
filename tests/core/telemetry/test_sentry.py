"""Critical errors arrive at a Sentry server, with their place and without anybody's data."""

from __future__ import annotations

import logging

import pytest

from core.errors import Invalid, Unavailable
from core.telemetry import here
from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import ended, told, working
from tests.loopback.sinks.sentry_server import dsn

log = logging.getLogger("core.example")


def on(sentry):
    return told(sentry_dsn=dsn(sentry.url), environment="test")


def raise_it(text):
    password = "hunter2-in-a-variable"
    raise ValueError(text + password[:0])


def test_an_error_comes_with_its_place_trace_and_task(sentry):
    with on(sentry), here.entered(request_id="t1", trace_id="a" * 32, span_id="b" * 16):
        try:
            raise_it("mail of ana@example.org")
        except ValueError:
            log.exception("It broke for %s.", "ana@example.org")
    (event,) = sentry.seen
    assert event["logentry"]["formatted"] == "It broke for [e-mail]."
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "mail of [e-mail]")
    place = error["stacktrace"]["frames"][-1]
    assert (place["function"], place["filename"]) == (
        "raise_it",
        "core/telemetry/test_sentry.py",
    )
    assert event["contexts"]["trace"]["trace_id"] == "a" * 32
    assert event["tags"]["request_id"] == "t1"
    assert (event["environment"], event["level"]) == ("test", "error")


def test_nothing_of_a_person_or_of_the_machine_is_in_it(sentry):
    import getpass
    import socket

    with on(sentry):
        try:
            raise_it("x")
        except ValueError:
            log.exception("It broke.")
    (event,) = sentry.seen
    told_all = str(event)
    assert "hunter2" not in told_all
    assert "abs_path" not in told_all
    assert event["server_name"] == "studio"
    assert socket.gethostname() not in told_all
    assert not {"user", "request", "breadcrumbs", "modules", "extra"} & {
        key for key, value in event.items() if value
    }
    assert f"/{getpass.getuser()}/" not in told_all


def test_warnings_and_its_own_troubles_are_no_events(sentry):
    with on(sentry):
        log.warning("a warning")
        logging.getLogger("sentry_sdk.errors").error("its own")
        logging.getLogger("opentelemetry.sdk").error("the other's")
    assert sentry.seen == []


def test_a_broken_task_and_a_broken_act_are_reported(sentry, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path, sentry_dsn=dsn(sentry.url)) as (kernel, telemetry):
        task_id = kernel.submit("bug", {"text": "ana@example.org"}, ANA)
        assert ended(kernel, task_id).error["code"] == "act_failed"
        ended(kernel, kernel.submit("breaks", {}, ANA))
        assert telemetry.status()["sentry"]["sent"] == 2
        assert set(telemetry.status()) == {"sentry"}
    told_all = [event["logentry"]["formatted"] for event in sentry.seen]
    assert min(told_all) == f"Task {task_id} broke."
    assert "The act of step" in max(told_all)
    assert {event["exception"]["values"][-1]["type"] for event in sentry.seen} == {"KeyError"}
    assert "example.org" not in str(sentry.seen)
    assert {event["tags"]["request_id"] for event in sentry.seen} >= {task_id}


def test_when_it_is_closed_nothing_listens_any_more(sentry):
    with on(sentry):
        pass
    log.error("late")
    assert [one.name for one in logging.getLogger().handlers if one.name == "sentry"] == []
    assert sentry.seen == []


@pytest.mark.parametrize("dsn", ["nonsense", "https://h/1", "https://key@h/x", "http://key@h:x/1"])
def test_an_address_that_is_none_is_named_with_the_way_out(dsn):
    with pytest.raises(Invalid, match="SENTRY_DSN") as caught, told(sentry_dsn=dsn):
        pass
    assert dsn not in f"{caught.value} {caught.value.hint}"


def test_an_error_of_a_page_is_reported_under_its_code(sentry):
    from components import session

    with on(sentry):
        code = session.remember_error(ValueError("of ana@example.org"))
        session.remember_error(Unavailable("Known and told.", hint="Later."))
    (event,) = sentry.seen
    assert event["logentry"]["formatted"] == f"page error {code}"
    assert event["exception"]["values"][0]["value"] == "of [e-mail]"
