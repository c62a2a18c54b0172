"""A client's trace reaches the work a request starts; quiet paths and sockets are left alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from core import safety, telemetry
from core.serve.traced import Traced, traceparent
from core.settings import load
from core.telemetry import current
from tests.loopback.sinks import otlp_server

CLIENT = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


def page(_request):
    return PlainTextResponse(current())


async def stream(socket):
    await socket.accept()
    await socket.send_text(current())
    await socket.close()


INSIDE = Starlette(
    routes=[Route("/files/1", page), Route("/healthz", page), WebSocketRoute("/ws", stream)]
)


def client(studio):
    return TestClient(Traced(INSIDE, studio=lambda: studio))


def studio(**settings):
    return SimpleNamespace(telemetry=telemetry.open(load(settings, None), safety.redact))


def test_off_the_clients_trace_is_remembered_for_what_the_request_starts():
    asked = client(studio())
    assert asked.get("/files/1", headers={"traceparent": CLIENT}).text == CLIENT
    assert asked.get("/files/1", headers={"traceparent": "<script>"}).text == ""
    assert asked.get("/files/1").text == ""
    assert current() == ""


def test_on_the_request_is_a_span_below_the_client():
    with otlp_server.open_collector() as sink:
        opened = studio(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        inside = client(opened).get("/files/1", headers={"traceparent": CLIENT}).text
        client(opened).get("/healthz")
        opened.telemetry.close()
    (one,) = [span for span in sink.seen if "name" in span]
    assert (one["name"], one["parent_id"]) == ("GET /files", "cd" * 8)
    assert inside == f"00-{'ab' * 16}-{one['span_id']}-01"
    metrics = {point["metric"] for point in sink.seen if "metric" in point}
    assert "http.server.duration" in metrics


@pytest.mark.parametrize("opened", [None, SimpleNamespace()])
def test_a_studio_that_is_still_opening_answers_all_the_same(opened):
    assert client(opened).get("/healthz").status_code == 200


def test_web_sockets_pass():
    with client(studio()).websocket_connect("/ws", headers={"traceparent": CLIENT}) as socket:
        assert socket.receive_text() == ""


def test_the_header_is_read_from_the_request():
    assert traceparent({"headers": [(b"host", b"x"), (b"traceparent", b"y")]}) == "y"
    assert traceparent({"headers": []}) == ""
