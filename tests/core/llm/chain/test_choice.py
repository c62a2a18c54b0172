"""A model that what is asked does not fit, or is too dear for, is passed over for one that can."""

from __future__ import annotations

import json

import pytest

from core.ledger import Accounts
from core.llm import Gateway, Message
from tests.core.llm import parts
from tests.core.llm.chain.test_asking import attempts
from tests.loopback.server import Turn

MINI, FULL, OLD = "openai/gpt-4o-mini", "openai/gpt-4.1", "openai/gpt-4"  # the last reads 8,192
CHEAP = {"request_nusd": 1_500_000}
LONG = [Message(role="user", content="One word more. " * 2_500)]


@pytest.fixture
def gateway(gpt, claude):
    gpt.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url))


def test_the_windows_of_models_are_published_and_unknown_ones_always_fit(gateway):
    assert (gateway.window(OLD), gateway.window(MINI)) == (8_192, 128_000)
    unknown = ("offline", "compatible/m", "openai/nobody-knows-it")
    assert [gateway.window(model) for model in unknown] == [0, 0, 0]


@pytest.mark.parametrize("choose", ["ordered", "cheapest", "fastest"])
def test_a_prompt_that_is_longer_than_a_window_goes_to_one_that_it_fits(
    kernel, gateway, gpt, choose
):
    sent = len(gpt.seen)
    policy = {"choose": choose}
    reply = parts.reply_of(kernel, gateway, models=[OLD, MINI], messages=LONG, policy=policy)
    assert attempts(reply) == [(MINI, "")]
    assert len(gpt.seen) == sent + 1


def test_a_prompt_that_fits_nobody_is_asked_of_the_first(kernel, gateway):
    reply = parts.reply_of(kernel, gateway, models=[OLD, "offline"], messages=LONG)
    assert attempts(reply) == [(OLD, "")]


def test_a_model_that_one_request_may_not_pay_for_is_passed_over(kernel, gateway):
    models = [FULL, MINI, "offline"]
    task_id = parts.ask(kernel, gateway, models=models, policy=CHEAP)
    reply = parts.Reply.model_validate(parts.end(kernel, task_id).output["reply"])
    assert attempts(reply) == [(MINI, "")]
    (step,) = parts.rows(kernel, "kernel_step", task_id)
    assert json.loads(step.estimate)["nusd"] <= CHEAP["request_nusd"]


def test_so_is_one_that_is_above_what_the_ledger_allows_one_request(kernel, gateway, monkeypatch):
    limits = {("org:*", "nusd", "request"): CHEAP["request_nusd"], ("org:*", "nusd", "day"): 10**12}
    monkeypatch.setattr(kernel, "ledger", Accounts(kernel.database, limits))
    reply = parts.reply_of(kernel, gateway, models=[FULL, MINI, "offline"])
    assert attempts(reply) == [(MINI, "")]


def test_it_is_not_asked_when_the_cheaper_one_fails_either(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    models = [FULL, MINI, "offline"]
    reply = parts.reply_of(kernel, gateway, models=models, policy=CHEAP)
    assert attempts(reply) == [(MINI, "down"), ("offline", "")]


def test_where_only_the_built_in_model_is_left_the_limit_is_told(kernel, gateway, monkeypatch):
    from core.governance.policies.gate import PolicyGate

    monkeypatch.setattr(kernel, "gates", (PolicyGate(),))
    asked = {"models": [FULL, "offline"], "policy": {"request_nusd": 1_000}}
    task = parts.end(kernel, parts.ask(kernel, gateway, **asked))
    assert task.error["code"] == "budget_exceeded"


def test_a_fork_goes_the_way_it_went_whatever_fits_by_then(kernel, gateway, gpt, monkeypatch):
    gpt.script["gpt-4o-mini"] = Turn(text="never JSON")
    asked = {"models": [FULL, MINI], "policy": CHEAP, "shape": "city"}
    task_id = parts.ask(kernel, gateway, **asked)
    before = parts.end(kernel, task_id).error
    assert before["details"]["model"] == MINI
    sent = len(gpt.seen)
    monkeypatch.setattr(gateway.router, "order", lambda left, *_, **__: [*left][::-1])
    fork = kernel.fork(task_id, 4, parts.ANA)
    assert parts.end(kernel, fork).error == before
    assert len(gpt.seen) == sent
