"""What the studio tells of its work; off it tells nobody, loads nothing and costs nothing."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core import safety
from core.kernel import Who
from core.settings import load
from core.telemetry import start_logs
from core.telemetry.telemetry import SILENT, Telemetry, _otlp_headers
from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import CLIENT, ended, told, working
from tests.core.telemetry.test_facts import A144, ASK, DONE, JUDGED, USE

ROOT = Path(__file__).parents[3]
OFF = """
import sys, threading
from core import safety, telemetry
from core.settings import load
before = threading.active_count()
made = telemetry.open(load({}, None), safety.redact)
with made.step(None) as span:
    span.made({})
heavy = ("opentelemetry", "sentry_sdk", "langfuse", "wrapt", "google.protobuf", "requests")
loaded = [name for name in sys.modules if name.split(".")[0] in heavy]
print(loaded, threading.active_count() - before, made.status(), made.header() == "")
made.close()
"""


@pytest.fixture
def lines():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    start_logs("INFO", "json", redact=safety.redact_text, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before


def test_off_no_sdk_is_loaded_and_no_thread_runs():
    ran = subprocess.run(
        [sys.executable, "-c", OFF], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.split("\n")[0] == "[] 0 {} True"


def test_off_a_span_is_always_the_same_nothing():
    telemetry = Telemetry()
    assert telemetry.step(ASK) is telemetry.step(ASK) is SILENT
    assert telemetry.front("app") == "app"


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_every_operation_and_model_call_is_one_line_at_info(lines, level, sqlite_url, tmp_path):
    logging.getLogger().setLevel(level)
    with working(sqlite_url, tmp_path) as (kernel, _):
        task_id = kernel.submit("metered", {}, ANA, trace=CLIENT)
        ended(kernel, task_id)
        end = time.monotonic() + 60  # its line comes right after its last event
        while len(lines()) < 3 and level == "INFO" and time.monotonic() < end:
            time.sleep(0.02)
    found = [line for line in lines() if line["logger"] == "core.telemetry"]
    if level == "ERROR":
        assert found == []
        return
    model, tool, operation = found
    assert [line["message"] for line in found] == [
        "model complete done",
        "tool count done",
        "operation metered done",
    ]
    for line in found:
        assert line.keys() >= A144 | {"timestamp", "trace_id", "span_id", "level"}
        assert line["request_id"] == task_id
        assert line["trace_id"] == "ab" * 16
        assert (line["user_id"], line["org_id"]) == ("ana", "acme")
    assert (model["tokens_used"], model["cost_nusd"], model["latency_ms"]) == (120, 900, 250)
    assert (operation["model"], operation["cost_nusd"]) == ("openai/m", 901)
    assert tool["kind"] == "tool"


def test_a_refused_tool_call_is_told_as_well(lines, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path) as (kernel, _):
        ended(kernel, kernel.submit("six", {"n": 3}, ANA))
    found = [line for line in lines() if line.get("kind") == "tool"]
    assert [line["state"] for line in found] == ["done", "done", "refused"]
    assert sum(line["cost_nusd"] for line in found) == 14


def test_off_a_valid_trace_of_a_client_is_kept_and_a_wrong_one_is_not(sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path) as (kernel, _):
        good = kernel.submit("many", {"n": 0}, ANA, trace=CLIENT)
        bad = kernel.submit("many", {"n": 0}, ANA, trace="<script>")
        assert ended(kernel, good).trace == CLIENT
        assert ended(kernel, bad).trace == ""


def test_a_task_that_is_cancelled_before_it_runs_is_told_too(lines, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path) as (kernel, _):
        task_id = kernel.submit("publish", {}, ANA)
        while kernel.task(task_id).state != "waiting":
            time.sleep(0.02)
        kernel.cancel(task_id)
    (line,) = [line for line in lines() if line["message"].startswith("operation")]
    assert (line["state"], line["cost_nusd"]) == ("cancelled", 7)


def test_the_cost_of_each_step_streams_to_who_watches_the_task(sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path) as (kernel, _):
        task_id = kernel.submit("metered", {}, Who(org="acme", person="ana"))
        events = [event for event in kernel.follow(task_id) if event.type == "step.done"]
    assert [event.data["spent"].get("nusd") for event in events] == [900, 1]
    assert events[0].data["spent"]["tokens"] == 120


def test_a_judged_model_call_is_one_line_and_its_judge_is_told_at_debug(lines):
    outcome = {**DONE, "uses": [JUDGED, USE]}
    Telemetry().settled(ASK, outcome, 0.1)
    assert [line["message"] for line in lines()] == ["model complete done"]
    logging.getLogger().setLevel(logging.DEBUG)
    Telemetry().settled(ASK, outcome, 0.1)
    assert [line["message"] for line in lines()][1:] == [
        "model complete done",
        "moderation complete done",
    ]


@pytest.mark.parametrize("kind", ["batch", "image", "embeddings", "search", "web"])
def test_whatever_is_bought_is_one_line_at_info(lines, kind):
    Telemetry().settled(replace(ASK, kind=kind), DONE, 0.1)
    assert [line["message"] for line in lines()] == [f"{kind} complete done"]


def test_an_operation_that_got_nothing_is_told_under_the_policy_it_took_up(
    lines, sqlite_url, tmp_path
):
    with working(sqlite_url, tmp_path) as (kernel, _):
        ended(kernel, kernel.submit("down_under", {}, ANA))
    found = [(line["message"], line["use_case"], line["policy"]) for line in lines()]
    assert found[-2:] == [
        ("model complete failed", "conversation", "conversation"),
        ("operation down_under failed", "conversation", "conversation"),
    ]


def test_an_sdk_that_is_switched_off_leaves_the_trace_of_a_client(collector, caplog, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with told(otel_exporter_otlp_endpoint=collector.url) as telemetry:
        assert telemetry.submitted("chat", "o", "p", CLIENT) == CLIENT
        assert telemetry.status() == {}
    assert "OTEL_SDK_DISABLED" in caplog.text
    assert collector.asked == 0


def test_headers_for_the_collector_are_decoded():
    given = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20YTpi%3D, x%2Da=b=c,junk"}
    made = _otlp_headers(load(given, None))
    assert made == {"authorization": "Basic YTpi=", "x-a": "b=c"}


def test_closing_ends_every_thread(collector):
    before = set(threading.enumerate())
    with told(otel_exporter_otlp_endpoint=collector.url) as telemetry:
        telemetry.submitted("chat", "o", "p")
        assert [one.name for one in threading.enumerate() if one.name.startswith("outbox")]

    def left():
        names = [one.name for one in set(threading.enumerate()) - before]
        return [name for name in names if name.startswith(("outbox", "Otel"))]

    end = time.monotonic() + 60
    while left() and time.monotonic() < end:
        time.sleep(0.01)
    assert left() == []
