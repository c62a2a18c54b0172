"""A provider's moderation over its real wire, with its real client."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import Invalid, Unavailable
from core.kernel import Ask, Policy, Who
from core.kernel.calls import loop
from core.llm.config import ModelPrice, ModelSettings
from core.llm.moderation import (
    AT_ONCE,
    PART_CHARS,
    PARTS_MAX,
    REQUEST_BYTES,
    REQUESTS_MAX,
    Moderation,
    open_moderation,
)
from core.safety.gate import SafetyGate
from core.safety.journal import Journal
from core.safety.judges import Bench
from core.safety.rules import load
from tests.core.safety.parts import database, rows
from tests.loopback.moderation_server import CATEGORIES, Mind, open_server
from tests.loopback.server import KEY

MODEL = "openai/omni-moderation-latest"
PICTURE = "data:image/png;base64,R09SRQ=="


@pytest.fixture
def mind():
    words = {"fight": {"violence": 0.91}, "R09SRQ": {"violence/graphic": 0.99}}
    return Mind(words=words)


@pytest.fixture
def server(mind):
    with open_server(mind) as loopback:
        yield loopback


def config(server, key=KEY, **more):
    keys = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{server.url}/v1"}
    return ModelSettings(credentials=keys, **more)


def test_texts_and_pictures_are_judged_and_the_highest_score_counts(server):
    judge = open_moderation(config(server), timeout_s=60)
    made = judge(["hello", "a fight"], [PICTURE, PICTURE])
    assert judge.model == made.model == MODEL
    assert set(made.scores) == set(CATEGORIES)
    assert (made.scores["violence"], made.scores["violence/graphic"]) == (0.91, 0.99)
    assert made.flagged == ("violence", "violence/graphic")
    asked = [seen["body"]["input"] for seen in server.seen]
    assert len(asked) == 3  # one picture a request, as the service wants
    assert ["hello", "a fight"] in asked
    (use,) = made.uses
    assert (use["kind"], use["cost_nusd"], use["unit"], use["units"]) == (
        "moderation", 0, "request", 3,
    )  # fmt: skip


def test_a_price_in_the_settings_is_charged(server):
    price = {MODEL: ModelPrice(input=1, output=1)}
    judge = Moderation(config(server, prices=price), MODEL, timeout_s=60)
    assert judge(["one two three"]).uses[0]["cost_nusd"] > 0


def requests(server):
    return [seen["body"]["input"] for seen in server.seen]


def test_a_long_text_goes_in_parts(server):
    open_moderation(config(server), timeout_s=60)(["x" * (PART_CHARS * 2 + 1)])
    assert [[len(part) for part in one] for one in requests(server)] == [
        [PART_CHARS, PART_CHARS, 1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "texts",
    [
        [*(f"hello {n}" for n in range(PARTS_MAX)), "a fight"],  # many prompts of one batch
        ["x" * PART_CHARS] * 32 + ["a fight"],  # long variables before the prompt
        ["x" * PART_CHARS * 40 + " a fight"],
        ["\U0001f600" * PART_CHARS * 2, "a fight"],
    ],
)
def test_all_is_judged_however_much_stands_before_it(server, texts):
    made = open_moderation(config(server), timeout_s=60)(texts)
    assert made.scores["violence"] == 0.91
    assert made.note == ""
    assert made.uses[0]["units"] == len(server.seen) > 1
    sent = [part for one in requests(server) for part in one]
    assert sorted("".join(sent)) == sorted("".join(texts))
    assert max(len(one) for one in requests(server)) <= PARTS_MAX
    sizes = [sum(len(part.encode()) for part in one) for one in requests(server)]
    assert max(sizes) <= REQUEST_BYTES


def test_requests_are_bounded_at_once_and_in_all_and_what_is_beyond_is_told(server, mind):
    mind.delay_s = 0.02
    made = open_moderation(config(server), timeout_s=60)(["a fight", "x" * 3_000_000])
    assert len(server.seen) == made.uses[0]["units"] == REQUESTS_MAX
    assert 1 < mind.most <= AT_ONCE
    assert made.note == f"{MODEL} read {REQUESTS_MAX} of 94 parts, built-in rules read all"
    assert made.scores["violence"] == 0.91


def test_what_the_judge_does_not_take_hides_nothing_else(server, mind):
    mind.faults = {"UNREADABLE": 400}
    judge = open_moderation(config(server), timeout_s=60)
    made = judge(["a fight"], ["data:image/png;base64,UNREADABLE"])
    assert made.scores["violence"] == 0.91
    assert made.note.startswith(f"{MODEL} read 1 of 2 parts")
    assert made.uses[0]["units"] == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "request"), (413, "request"), (422, "request"), (429, "down"), (500, "down")],
)
def test_a_judge_that_does_not_take_one_text_is_not_down(server, mind, status, reason):
    mind.faults = {"odd": status}
    with pytest.raises(Unavailable) as no:
        open_moderation(config(server), timeout_s=60)(["odd"])
    assert no.value.details["reason"] == reason


def test_one_text_that_is_not_taken_leaves_the_judge_to_everybody_else(server, mind):
    mind.faults = {"odd": 400}
    bench = Bench(open_moderation(config(server), timeout_s=60))
    assert bench.take(bench.begin(["odd"])) is None
    assert bench.take(bench.begin(["a fight"])).scores["violence"] == 0.91


def test_a_judge_that_is_down_is_not_asked_for_the_rest(server, mind):
    mind.status = 500
    with pytest.raises(Unavailable):
        open_moderation(config(server), timeout_s=60)(["x" * 3_000_000])
    assert len(server.seen) == AT_ONCE


def test_half_a_sign_is_sent_as_a_question_mark(server):
    assert open_moderation(config(server), timeout_s=60)(["a fight\ud800"]).flagged
    assert requests(server) == [["a fight?"]]


def test_the_client_is_made_by_the_caller_and_never_on_the_loop(server):
    judge, free = open_moderation(config(server), timeout_s=60), threading.Event()
    loop().call_soon_threadsafe(free.wait, 60)
    future = judge.begin(["a fight"], [])  # the loop is busy, so whatever is there was made here
    (client,) = judge._made
    assert "moderations" in vars(client)
    free.set()
    assert future.result().flagged == ("violence",)


def test_a_judge_that_is_warm_has_its_client(server):
    judge = open_moderation(config(server))
    Bench(judge).warm()
    assert (len(judge._made), server.seen) == (1, [])


def test_nothing_to_judge_asks_nobody(server):
    made = open_moderation(config(server))([], [])
    assert (made.scores, made.uses, server.seen) == ({}, (), [])


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 429}, {"body": "{}"}, {"body": "not json"},
     {"body": '{"results": []}'}, {"body": '{"results": [{"categories": null}]}'}],
)  # fmt: skip
def test_whatever_goes_wrong_it_is_down_and_says_nothing_of_the_text(server, mind, fault):
    for name, value in fault.items():
        setattr(mind, name, value)
    with pytest.raises(Unavailable) as no:
        open_moderation(config(server), timeout_s=60)(["my secret text"])
    assert "secret" not in f"{no.value} {no.value.details}"


def test_a_wrong_key_is_told_without_the_key(server):
    with pytest.raises(Unavailable) as no:
        open_moderation(config(server, "wrong-key-of-mine"), timeout_s=60)(["hello"])
    assert "wrong-key" not in str(no.value)


def test_a_slow_judge_is_not_waited_for(server, mind):
    open_moderation(config(server), timeout_s=60)(["warm up: the library is loaded"])
    mind.delay_s = 600
    began = time.monotonic()
    with pytest.raises(Unavailable):
        open_moderation(config(server), timeout_s=0.2)(["hello"])
    assert time.monotonic() - began < 60


def test_nobody_at_the_address_is_down():
    keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    with pytest.raises(Unavailable):
        open_moderation(ModelSettings(credentials=keys), timeout_s=60)(["hello"])


def test_without_a_key_there_is_no_judge_and_a_name_without_one_is_refused():
    assert open_moderation(ModelSettings()) is None
    with pytest.raises(Invalid, match="OPENAI_API_KEY"):
        open_moderation(ModelSettings(), MODEL)
    with pytest.raises(Invalid, match="MODERATION_MODEL"):
        open_moderation(ModelSettings(), "offline")


def test_a_judge_nobody_knows_the_price_of_is_refused(server):
    with pytest.raises(Invalid, match="no known price"):
        open_moderation(config(server), "openai/judge-of-tomorrow")


def test_the_gate_refuses_what_the_provider_sees_and_goes_on_without_it(server, mind, sqlite_url):
    opened = database(sqlite_url)
    base = next(opened)
    bench = Bench(open_moderation(config(server), timeout_s=60))
    gate = SafetyGate(load(), Journal(base), bench)

    def ask(seq, *content):
        who, policy = Who(org="acme", person="ana"), Policy(name="chat")
        return gate.ask(Ask("t1", seq, "image", "draw", who, {}, policy=policy, content=content))

    assert ask(1, "a fight in the yard").answer == "allow"
    assert ask(2, "look", PICTURE).answer == "refuse"
    assert [(row.source, row.action) for row in rows(base)] == [
        (MODEL, "logged"), (MODEL, "blocked"),
    ]  # fmt: skip
    mind.status = 500
    assert ask(3, "another fight").details["note"] == f"{MODEL} did not judge this"
    next(opened, None)
