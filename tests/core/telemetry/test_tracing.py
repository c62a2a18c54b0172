"""Spans: one a submission, leg and step, continued wherever the task goes on."""

from __future__ import annotations

import time

from core.kernel import Who
from core.telemetry import here
from tests.core.kernel.proofs import ends, parts
from tests.core.kernel.proofs.parts import ANA
from tests.core.telemetry.conftest import CLIENT, ended, spans, told, working


def on(collector):
    return {"otel_exporter_otlp_endpoint": collector.url}


def test_a_clients_trace_goes_through_submission_leg_and_every_step(
    collector, sqlite_url, tmp_path
):
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        task_id = kernel.submit("metered", {}, ANA, trace=CLIENT)
        stored = ended(kernel, task_id).trace
    (submitted,) = spans(collector, name="submit metered")
    (leg,) = spans(collector, name="metered")
    (model,) = spans(collector, name="model complete")
    (tool,) = spans(collector, name="tool count")
    assert {one["trace_id"] for one in (submitted, leg, model, tool)} == {"ab" * 16}
    assert submitted["parent_id"] == "cd" * 8
    assert stored == here.written("ab" * 16, submitted["span_id"])
    assert leg["parent_id"] == submitted["span_id"]
    assert model["parent_id"] == tool["parent_id"] == leg["span_id"]


def test_a_step_says_who_under_what_policy_and_what_it_cost(collector, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        task_id = kernel.submit("metered", {}, ANA)
        ended(kernel, task_id)
    (one,) = spans(collector, name="model complete")
    expected = {
        "studio.task_id": task_id,
        "studio.kind": "model",
        "studio.operation": "metered",
        "studio.org_id": "acme",
        "user.id": "ana",
        "studio.use_case": "metered",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "openai/m",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "studio.cost_nusd": 900,
        "studio.cached": False,
        "studio.prompt_hash": "abc",
        "studio.state": "done",
    }
    assert expected.items() <= one.items()
    assert one["resource"]["service.name"] == "lewis-studio"


def test_errors_are_statuses_and_their_words_are_redacted(collector, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        ended(kernel, kernel.submit("down", {}, ANA))
        ended(kernel, kernel.submit("bug", {"text": "ana@example.org"}, ANA))
        ended(kernel, kernel.submit("six", {"n": 3}, ANA))
    (step,) = spans(collector, name="model complete")
    assert step["error"] == "unavailable: Nobody at [e-mail] answers."
    assert step["error.type"] == "unavailable"
    (leg,) = spans(collector, name="bug")
    assert leg["error.type"] == "act_failed"
    (refused,) = spans(collector, name="tool forbidden")
    assert (refused["studio.state"], refused["error.type"]) == ("refused", "refused")
    assert "example.org" not in str(collector.seen)


def test_a_question_ends_the_leg_and_the_answer_continues_the_trace_in_another_kernel(
    collector, sqlite_url, tmp_path
):
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        task_id = kernel.submit("publish", {}, ANA, trace=CLIENT)
        while kernel.task(task_id).state != "waiting":
            time.sleep(0.02)
        ends.left(task_id)
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        kernel.answer(task_id, 2, "approved", "bo")
        ended(kernel, task_id)
    legs = spans(collector, name="publish")
    assert [leg["studio.state"] for leg in legs] == ["parked", "done"]
    assert {leg["trace_id"] for leg in legs} == {"ab" * 16}
    assert len({leg["parent_id"] for leg in legs}) == 1
    assert len(spans(collector, name="tool draft")) == 1  # a replayed step is no new one


def test_parallel_branches_are_below_their_leg(collector, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path, **on(collector)) as (kernel, _):
        ended(kernel, kernel.submit("fan", {"n": 3}, ANA))
    (leg,) = spans(collector, name="fan")
    branches = [one for one in collector.seen if one.get("name", "").startswith("tool ")]
    assert len(branches) == 7
    assert {one["parent_id"] for one in branches} == {leg["span_id"]}


def test_polling_makes_no_spans(collector, sqlite_url, tmp_path):
    with working(sqlite_url, tmp_path, **on(collector)):
        time.sleep(1.5)
    assert [one for one in collector.seen if "name" in one] == []


def test_ids_survive_redaction(collector):
    with told(**on(collector)) as telemetry:
        made = telemetry.submitted("chat", "org-1", "0123456789abcdef0123456789abcdef", "")
    (one,) = spans(collector, name="submit chat")
    assert one["user.id"] == "0123456789abcdef0123456789abcdef"
    assert here.named(made) == {"trace_id": one["trace_id"], "span_id": one["span_id"]}


def test_headers_of_the_collector_are_sent_and_a_clients_no_is_no_order(collector):
    headers = {"otel_exporter_otlp_headers": "x-team=growth, authorization=Bearer abc"}
    with told(**on(collector), **headers) as telemetry:
        telemetry.submitted("chat", "o", "p", CLIENT.removesuffix("01") + "00")
    (one,) = spans(collector, name="submit chat")
    assert one["headers"]["x-team"] == "growth"
    assert one["headers"]["authorization"] == "Bearer abc"


def test_both_sinks_get_the_same_trace(collector, langfuse, sqlite_url, tmp_path):
    from tests.loopback.sinks.langfuse_server import PUBLIC, SECRET

    keys = {"langfuse_public_key": PUBLIC, "langfuse_secret_key": SECRET}
    keys["langfuse_base_url"] = langfuse.url
    with working(sqlite_url, tmp_path, **on(collector), **keys) as (kernel, telemetry):
        ended(kernel, kernel.submit("metered", {}, Who(org="acme", person="bo")))
        assert set(telemetry.status()) == {"otlp", "otlp metrics", "langfuse"}
    (here_,), (there,) = (spans(sink, name="model complete") for sink in (collector, langfuse))
    assert here_["span_id"] == there["span_id"]
    assert here_["langfuse.observation.type"] == "generation"  # so a collector may forward it
    assert "x-team" not in there["headers"]
    assert parts.WORLD.lines("acts") == []
