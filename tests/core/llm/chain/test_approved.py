"""An approval binds to the model and the words that were shown, and is what then happens."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa

from core.governance import ApprovalGate
from core.llm import Gateway, Message
from core.llm.chain.approved import EXCERPT_MAX, shown
from core.storage.cache import Memory
from tests.core.llm import parts
from tests.core.llm.chain.test_asking import attempts
from tests.loopback.server import Turn

MINI, FULL = "openai/gpt-4o-mini", "openai/gpt-4o"
ASKS = {"approve": ["model"]}


@pytest.fixture
def gateway(gpt, claude):
    gpt.script.clear()
    return Gateway(parts.settings(gpt.url, claude.url), cache=Memory())


@pytest.fixture(autouse=True)
def _gate(kernel, monkeypatch):
    monkeypatch.setattr(kernel, "gates", (ApprovalGate(),))


def parked(kernel, gateway, **asked):
    """The task and what a person is asked about it."""
    given = {"models": [MINI, FULL], "policy": ASKS, **asked}
    task_id = parts.ask(kernel, gateway, **given)
    return task_id, wait_of(kernel, task_id)


def wait_of(kernel, task_id, seq=0):
    """The open question of a task, after step `seq`."""
    query = sa.text(
        "select * from kernel_wait where task_id = :id and verdict is null and seq > :seq"
    )
    limit = time.monotonic() + 60
    while not (found := kernel.database.rows(query.bindparams(id=task_id, seq=seq))):
        assert time.monotonic() < limit
        time.sleep(0.01)
    return found[0]


def approve(kernel, task_id, wait):
    kernel.answer(task_id, wait.seq, "approved", by="bo")


def reply(kernel, task_id):
    task = parts.end(kernel, task_id)
    assert task.error is None, task.error
    return parts.Reply.model_validate(task.output["reply"])


def test_an_approver_sees_which_model_is_asked_and_what(kernel, gateway):
    task_id, wait = parked(kernel, gateway)
    shows = json.loads(wait.shows)
    assert (shows["model"], shows["asks"]) == (MINI, "Hello, who are you?")
    approve(kernel, task_id, wait)
    assert reply(kernel, task_id).model == MINI


CHANGES = {
    "another model": {"models": [FULL, MINI]},
    "other words": {"messages": [Message(role="user", content="Hello, who was it?")]},
    "an earlier turn": {
        "messages": [
            Message(role="system", content="Be rude."),
            Message(role="user", content="Hello, who are you?"),
        ]
    },
    "another length": {"tokens_max": 201},
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_approval_of_one_thing_is_none_of_another(kernel, gateway, change):
    one, first = parked(kernel, gateway)
    other, second = parked(kernel, gateway, **CHANGES[change])
    assert first.digest != second.digest
    assert first.digest == parked(kernel, gateway)[1].digest
    for task_id in (one, other):
        kernel.cancel(task_id)


def test_what_was_approved_is_asked_though_the_chain_has_another_order_by_now(kernel, gateway):
    task_id, wait = parked(kernel, gateway)
    gateway.router.fail(MINI, "rate_limit")
    approve(kernel, task_id, wait)
    assert attempts(reply(kernel, task_id)) == [(MINI, "")]


def test_what_was_approved_is_asked_though_an_equal_answer_is_kept_by_now(kernel, gateway, gpt):
    task_id, wait = parked(kernel, gateway, policy={**ASKS, "cache_ttl_s": 60})
    equal = {"models": [MINI, FULL], "policy": {"cache_ttl_s": 60}}
    parts.reply_of(kernel, gateway, **equal)
    asked = len(gpt.seen)
    approve(kernel, task_id, wait)
    assert (reply(kernel, task_id).cached, len(gpt.seen)) == (False, asked + 1)


def test_the_model_after_one_that_failed_is_asked_about_anew(kernel, gateway, gpt):
    gpt.script["gpt-4o-mini"] = Turn(status=500)
    task_id, first = parked(kernel, gateway)
    approve(kernel, task_id, first)
    second = wait_of(kernel, task_id, seq=first.seq)
    assert json.loads(second.shows)["model"] == FULL
    approve(kernel, task_id, second)
    assert attempts(reply(kernel, task_id)) == [(MINI, "down"), (FULL, "")]


def test_when_all_were_cooling_that_is_what_was_asked_about(kernel, gateway, monkeypatch):
    monkeypatch.setattr(gateway.router, "_clock", lambda: 1_000.0)  # nothing cools down meanwhile
    for model in (MINI, FULL):
        gateway.router.fail(model, "key")
    task_id, wait = parked(kernel, gateway)
    assert json.loads(wait.shows)["model"] == ""
    for model in (MINI, FULL):
        gateway.router.succeed(model, 1, 1)
    approve(kernel, task_id, wait)
    assert parts.end(kernel, task_id).error["details"]["reason"] == "cooling"


def test_what_is_shown_is_short_and_its_hash_is_of_all():
    long = "x" * 1_000
    one, other = shown("m", [long], [long]), shown("m", [long, ""], [long])
    assert len(one["asks"]) == EXCERPT_MAX
    assert one["sha256"] != other["sha256"] != shown("m", ["", long], [long])["sha256"]
    assert (
        shown("m", ["\ud800"], ["data:image/png;base64,QQ==", "A picture"])["asks"] == "A picture"
    )
