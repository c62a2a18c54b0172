"""Log fields and span attributes are made of plain data."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from core.kernel import Ask, Policy, Who
from core.storage.database import now
from core.telemetry import facts

WHO = Who(org="acme", person="p1", scopes=("team:a", "session:s9"))
ASK = Ask("t1", 3, "model", "complete", WHO, {}, "chat", policy=Policy(name="sales", variant="b"))
USE = {
    "provider": "openai",
    "model": "openai/m",
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "cached_tokens": 40,
    "cost_nusd": 900,
    "latency_ms": 250,
    "first_token_ms": 80,
    "prompt_hash": "abc",
    "breakdown": {"input": 600, "output": 300},
}
JUDGED = {
    "provider": "openai",
    "model": "openai/judge",
    "cost_nusd": 3,
    "kind": "moderation",
    "latency_ms": 40,
}
DONE = {"ok": 1, "spent": {"nusd": 900, "tokens": 120}, "uses": [USE]}
A144 = {
    "use_case",
    "policy",
    "provider",
    "model",
    "tokens_used",
    "latency_ms",
    "user_id",
    "org_id",
    "request_id",
    "cached",
    "cost_nusd",
    "estimated",
}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ({"ok": None, "spent": {}}, "done"),
        ({"blob": "x", "spent": {}}, "done"),
        ({"code": "refused"}, "refused"),
        ({"code": "cancelled", "spent": {}}, "cancelled"),
        ({"code": "unavailable", "spent": {}}, "failed"),
    ],
)
def test_an_outcome_says_how_it_ended(outcome, state):
    assert facts.state_of(outcome) == state


def test_a_model_call_has_every_field_of_the_log():
    line = facts.call_line(ASK, DONE, USE, 999)
    assert line.keys() >= A144
    assert (line["use_case"], line["policy"]) == ("sales", "sales@b")
    assert (line["tokens_used"], line["cost_nusd"], line["latency_ms"]) == (120, 900, 250)
    assert (line["user_id"], line["org_id"], line["request_id"]) == ("p1", "acme", "t1")
    assert (line["first_token_ms"], line["prompt_hash"]) == (80, "abc")
    assert "error_code" not in line


def test_a_step_without_a_model_is_timed_by_the_kernel():
    line = facts.call_line(ASK, {"code": "invalid", "spent": {"nusd": 5}, "uses": []}, {}, 12)
    assert (line["latency_ms"], line["cost_nusd"], line["error_code"]) == (12, 5, "invalid")
    assert line["state"] == "failed"


def test_a_judged_step_is_one_line_of_its_own_and_one_of_its_judge():
    outcome = {**DONE, "spent": {"nusd": 903, "tokens": 120}, "uses": [JUDGED, USE, JUDGED]}
    lines = facts.call_lines(ASK, outcome, 999)
    assert [(line["kind"], line["model"], line["cost_nusd"]) for line in lines] == [
        ("model", "openai/m", 900),
        ("moderation", "openai/judge", 3),
        ("moderation", "openai/judge", 3),
    ]


def test_a_failed_step_names_the_model_that_failed_and_not_its_judge():
    said = {"code": "unavailable", "details": {"model": "acme/m"}, "spent": {"nusd": 3}}
    own, judge = facts.call_lines(ASK, {**said, "uses": [JUDGED]}, 12)
    assert (own["provider"], own["model"], own["state"]) == ("acme", "acme/m", "failed")
    assert (own["cost_nusd"], own["latency_ms"], own["error_code"]) == (0, 12, "unavailable")
    assert (judge["model"], judge["state"], judge["cost_nusd"]) == ("openai/judge", "done", 3)
    for uses in ([JUDGED], []):
        told = facts.settled_attributes({**said, "uses": uses})
        assert (told["gen_ai.provider.name"], told["gen_ai.request.model"]) == ("acme", "acme/m")


def test_what_a_gate_paid_to_refuse_a_step_is_told():
    refused = {"code": "refused", "details": {"uses": [JUDGED]}}
    own, judge = facts.call_lines(ASK, refused, 0)
    assert (own["state"], own["model"], own["cost_nusd"]) == ("refused", "", 0)
    assert (judge["kind"], judge["cost_nusd"]) == ("moderation", 3)


def test_who_judged_a_tool_gives_it_no_name():
    outcome = {"ok": 1, "spent": {"nusd": 10}, "uses": [JUDGED]}
    tool, _ = facts.call_lines(ASK, outcome, 5)
    assert (tool["model"], tool["cost_nusd"]) == ("", 7)
    assert facts.total(outcome)["model"] == ""
    assert facts.total(outcome)["cost_nusd"] == 3


def test_an_operation_sums_all_its_steps_and_names_each_model_once():
    began = now()
    task = SimpleNamespace(
        id="t1",
        operation="chat",
        policy={"name": "sales", "variant": ""},
        org_id="acme",
        person_id="p1",
        state="failed",
        error={"code": "unavailable"},
        created_at=began,
        ended_at=began + timedelta(seconds=2),
    )
    steps = [
        {"cost_nusd": 900, "tokens": 120, "uses": [USE, USE]},
        {"cost_nusd": 0, "tokens": 0, "uses": [{**USE, "model": "b/m", "estimated": True}]},
        {"cost_nusd": 7, "tokens": 0, "uses": None},
    ]
    line = facts.task_line(task, steps, 2_000)
    assert line.keys() >= A144
    assert (line["model"], line["provider"]) == ("openai/m, b/m", "openai")
    assert (line["cost_nusd"], line["tokens_used"], line["latency_ms"]) == (907, 120, 2_000)
    assert (line["estimated"], line["cached"], line["error_code"]) == (True, False, "unavailable")
    assert (line["use_case"], line["policy"]) == ("sales", "sales")
    ran = [{**steps[0], "uses": [JUDGED, {**USE, "use_case": "conversation", "variant": "b"}]}]
    line = facts.task_line(task, ran, 2_000)
    assert (line["use_case"], line["policy"]) == ("conversation", "conversation@b")


def line_of(uses, **policy):
    """The line of a task of "complete" whose one step used this."""
    names = {"id": "t1", "operation": "complete", "org_id": "acme", "person_id": "p1"}
    task = SimpleNamespace(**names, policy=policy, state="done", error=None)
    return facts.task_line(task, [{"cost_nusd": 3, "tokens": 0, "uses": uses}], 5)


def test_who_judged_an_operation_gives_it_no_name_and_no_cost_of_a_cached_answer():
    kept = {**USE, "cache_hit": True, "cost_nusd": 0}
    line = line_of([JUDGED, kept])
    assert (line["provider"], line["model"], line["cached"]) == ("openai", "openai/m", True)
    line = line_of([JUDGED, kept, USE])
    assert (line["model"], line["cached"]) == ("openai/m", False)
    line = line_of([JUDGED])
    assert (line["provider"], line["model"], line["cached"]) == ("", "", False)


def test_an_operation_that_bought_nothing_names_the_use_cases_it_took_up():
    beside = {"lead": {"name": "lead", "variant": "b"}, "mail": {"name": "mail", "variant": ""}}
    for uses in ([], None, [JUDGED]):
        line = line_of(uses, name="complete", variant="", beside=beside)
        assert (line["use_case"], line["policy"]) == ("lead, mail", "lead@b, mail")
    line = line_of([{**USE, "use_case": "mail"}], name="complete", variant="", beside=beside)
    assert (line["use_case"], line["policy"]) == ("mail", "mail")
    assert line_of([])["use_case"] == "complete"


def test_uses_of_one_step_add_up():
    last = {**USE, "estimated": True, "model": "last", "breakdown": None}
    made = facts.total({"uses": [USE, last, JUDGED]})
    assert (made["prompt_tokens"], made["cost_nusd"], made["model"]) == (200, 1803, "last")
    assert (made["estimated"], made["cache_hit"]) == (True, False)
    assert made["breakdown"] == {"input": 600, "output": 300}
    assert facts.total({}) == facts.total({"uses": []}) == {}


def test_a_span_names_who_and_under_what_and_later_what_it_cost():
    asked = facts.asked_attributes(ASK)
    assert (asked["user.id"], asked["session.id"]) == ("p1", "s9")
    assert (asked["studio.policy"], asked["studio.variant"]) == ("sales@b", "b")
    settled = facts.settled_attributes(DONE)
    assert (settled["gen_ai.request.model"], settled["gen_ai.usage.input_tokens"]) == (
        "openai/m",
        100,
    )
    assert (settled["studio.cost_nusd"], settled["studio.cached"]) == (900, False)
    assert facts.settled_attributes({"code": "refused"})["error.type"] == "refused"


def test_the_session_is_found_among_the_scopes():
    assert facts.session_of(("project:p", "session:a:b")) == "a:b"
    assert facts.session_of(()) == ""
