"""The front, outgoing calls and statements are spans, and every provider is told the trace."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.kernel.calls import loop
from core.llm.hosted.bridge import load as load_litellm
from core.safety.egress import Egress
from core.telemetry import current
from tests.core.telemetry.conftest import CLIENT, spans, told
from tests.core.telemetry.test_facts import ASK
from tests.loopback import openai_server, web_server
from tests.loopback.server import KEY


@pytest.fixture
def gpt():
    with openai_server.open_server() as server:
        yield server


def on(collector):
    return told(otel_exporter_otlp_endpoint=collector.url)


def ask_litellm(gpt):
    question = {"model": "openai/m", "messages": [{"role": "user", "content": "hello"}]}
    where = {"api_base": f"{gpt.url}/v1", "api_key": KEY, "max_retries": 0}
    answer = load_litellm().acompletion(**question, **where)
    asyncio.run_coroutine_threadsafe(answer, loop()).result(60)


def ask_openai(gpt):
    import openai

    client = openai.OpenAI(api_key=KEY, base_url=f"{gpt.url}/v1", max_retries=0)
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}])


def ask_httpx(gpt):
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"authorization": f"Bearer {KEY}"}
    url = f"{gpt.url}/v1/chat/completions?mail=ana@example.org"
    httpx.post(url, json=body, headers=headers, timeout=60)


@pytest.mark.parametrize("ask", [ask_litellm, ask_openai, ask_httpx])
def test_a_provider_is_told_the_trace_of_the_step_that_calls_it(ask, gpt, collector):
    with on(collector) as telemetry, telemetry.step(ASK) as step:
        ask(gpt)
        assert current() == step.traceparent
    _, trace_id, parent_id, _ = gpt.seen[-1]["headers"]["traceparent"].split("-")
    (one,) = spans(collector, name="model complete")
    (call,) = [span for span in collector.seen if span.get("span_id") == parent_id]
    assert trace_id == one["trace_id"] == call["trace_id"]
    assert call["parent_id"] == one["span_id"]
    assert call["name"] == "POST"
    assert call["http.url"].endswith("/v1/chat/completions")
    assert KEY not in str(collector.seen)


def test_a_server_that_is_asked_without_httpx_is_told_the_trace_once(collector):
    with web_server.serve() as web, on(collector) as telemetry, telemetry.step(ASK) as step:
        out = Egress(trace=telemetry.header).to(web.url())
        asyncio.run_coroutine_threadsafe(out.send("GET", web.url()), loop()).result(60)
        asyncio.run_coroutine_threadsafe(out.fetch(web.url()), loop()).result(60)
        told = f"traceparent: {step.traceparent[:-2]}".encode()  # the flags may say more
    assert [seen.count(b"traceparent") for seen in web.seen] == [1, 0]
    assert told in web.seen[0]


@pytest.mark.parametrize("ask", [ask_litellm, ask_openai, ask_httpx])
def test_when_it_is_off_or_closed_again_nothing_is_added_to_a_call(ask, gpt, collector):
    with told() as telemetry, telemetry.step(ASK):
        ask(gpt)
    with on(collector):
        pass
    ask(gpt)
    assert ["traceparent" in request["headers"] for request in gpt.seen] == [False, False]


def test_statements_are_spans_without_values(collector, sqlite_url):
    engine = sa.create_engine(sqlite_url)
    with on(collector) as telemetry:
        telemetry.watch(engine)
        with telemetry.step(ASK), engine.connect() as db:
            db.execute(sa.text("select :mail as mail"), {"mail": "ana@example.org"})
    engine.dispose()
    (one,) = spans(collector, db__system="sqlite")
    assert one["name"] == "select"
    assert one["db.statement"] == "select ? as mail"
    assert "example.org" not in str(one)
    assert str(engine.url.database) not in str(one)


def test_a_request_continues_its_client_and_its_work_names_it(collector):
    seen = []

    def page(_request):
        seen.append(current())
        return PlainTextResponse("in")

    app = Starlette(routes=[Route("/files/{id}", page)])
    with on(collector) as telemetry:
        client = TestClient(telemetry.front(app), client=("10.20.30.40", 1))
        client.get("/files/7?mail=ana@example.org", headers={"traceparent": CLIENT})
    (one,) = spans(collector, name="GET /files")
    assert (one["trace_id"], one["parent_id"]) == ("ab" * 16, "cd" * 8)
    assert seen == [f"00-{'ab' * 16}-{one['span_id']}-01"]
    assert "example.org" not in str(one)
    assert "10.20.30.40" not in str(one)
    assert one["http.status_code"] == 200


def test_a_client_cannot_send_baggage_through_us(collector, gpt):
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse(str(ask_httpx(gpt))))])
    with on(collector) as telemetry:
        TestClient(telemetry.front(app)).get("/", headers={"baggage": "mail=ana@example.org"})
    assert "baggage" not in gpt.seen[-1]["headers"]
