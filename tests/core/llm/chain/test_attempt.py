"""One attempt: what is shown, what is learned, what is reported."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import Invalid, Refused, Unavailable
from core.kernel import Call, Policy
from core.llm import Message, ModelSettings, Usage
from core.llm.chain.attempt import Attempt, check_said
from core.llm.chain.router import Router
from core.llm.messages import ToolCall
from core.llm.pricing import Price
from core.llm.provider import Request

SAID = [Message(role="user", content="Hello")]


class Log:
    """An event log in a list."""

    def __init__(self):
        self.events = []

    def append(self, _task_id, type, data):
        self.events.append((type, data))


class Says:
    """A provider that says these pieces, then raises or ends."""

    entry = None
    counts_by_rule = True

    def __init__(self, *pieces, error=None):
        self.pieces = pieces
        self.error = error

    def warm(self):
        """Nothing is needed."""

    def answer(self, _config, _request, arrival, _call):
        arrival.sent = True
        for piece in self.pieces:
            arrival.text(piece)
        if self.error:
            raise self.error
        arrival.usage, arrival.finish_reason = Usage(prompt=10, completion=2), "stop"


class Listens:
    """Holds back the last letter, and refuses a word."""

    def __init__(self):
        self.heard = self.text = ""

    def hear(self, piece):
        self.heard += piece
        self.text += piece
        if "secret" in self.heard:
            raise Refused("No.")
        shown, self.text = self.text[:-1], self.text[-1:]
        return shown

    def end(self):
        return self.text

    def close(self):
        self.text = ""


def attempt(provider, **more):
    request = Request("m", SAID, (), 100, 0.0)
    return Attempt(
        "p/m", provider, request, Price(Decimal(2), Decimal(3)), {"nusd": 999}, last=False, **more
    )


def act(made, policy=None):
    log, router = Log(), Router()
    call = Call("t", 1, log, policy=policy or Policy())
    call.left = {"nusd": 1_000}
    try:
        reply = made(ModelSettings(), router, call)
    except Exception as error:  # noqa: BLE001 - whatever it was
        reply = error
    return reply, call, log, router


def test_an_answer_is_streamed_priced_and_reported():
    reply, call, log, router = act(attempt(Says("Hel", "lo"), use_case="mail"))
    assert [data["text"] for _, data in log.events] == ["Hel", "lo"]
    (use,) = call.uses
    assert (reply.text, reply.cost_nusd, use["cost_nusd"]) == ("Hello", 26, 26)
    assert (use["use_case"], use["estimated"]) == ("mail", False)
    assert reply.left == {"nusd": 1_000 + 999 - 26}
    assert router.standings(["p/m"])[0].calls == 1


def test_a_policy_without_streaming_shows_the_answer_at_once():
    reply, _, log, _ = act(attempt(Says("Hel", "lo")), Policy(streaming=False))
    assert [data["text"] for _, data in log.events] == ["Hello"]
    assert reply.text == "Hello"


def test_what_is_held_back_comes_at_the_end():
    made = attempt(Says("Hel", "lo"), guard=lambda _call, _messages: Listens())
    reply, _, log, _ = act(made)
    assert [data["text"] for _, data in log.events] == ["He", "ll", "o"]
    assert reply.text == "Hello"


def test_a_forbidden_word_ends_the_answer_is_paid_for_and_blames_nobody():
    made = attempt(Says("a ", "sec", "ret"), guard=lambda _call, _messages: Listens())
    error, call, log, router = act(made)
    assert isinstance(error, Refused)
    assert "secret" not in "".join(data["text"] for _, data in log.events)
    assert call.uses[0]["estimated"] is True
    assert call.uses[0]["cost_nusd"] > 0
    assert router.standings(["p/m"])[0].failures == 0


@pytest.mark.parametrize(("pieces", "shown"), [((), False), (("Hel",), True)])
def test_a_failure_says_whose_it_was_whether_it_was_the_last_and_what_was_seen(pieces, shown):
    down = Unavailable("Down.", reason="down", retry_after_s=4)
    named = {"use_case": "mail", "variant": "b"}
    error, call, _, router = act(attempt(Says(*pieces, error=down), **named))
    assert error.details == {
        "reason": "down", "retry_after_s": 4, "model": "p/m", "last": False, "shown": shown,
        "more": False, **named,
        "cost_nusd": call.uses[0]["cost_nusd"], "latency_ms": call.uses[0]["latency_ms"],
    }  # fmt: skip
    assert call.uses[0]["estimated"] is True
    assert router.standings(["p/m"])[0].reason == "down"


@pytest.mark.parametrize(
    ("finish_reason", "code", "reason", "word"),
    [
        ("content_filter", "invalid", "policy", "Rephrase"),
        ("length", "unavailable", "length", "tokens_max"),
        ("stop", "unavailable", "garbled", "another model"),
    ],
)
def test_an_answer_that_says_nothing_is_none(finish_reason, code, reason, word):
    request = Request("m", SAID, (), 100, 0.0)
    with pytest.raises((Invalid, Unavailable)) as caught:
        check_said("p/m", request, " \n", (), finish_reason)
    error = caught.value
    assert (error.code, error.details["reason"], error.details["model"]) == (code, reason, "p/m")
    assert word in error.hint
    check_said("p/m", request, "Yes", (), finish_reason)
    check_said("p/m", request, "", [ToolCall(id="c", name="weather")], finish_reason)


def test_after_the_results_of_tools_nothing_may_be_added():
    told = [*SAID, Message(role="tool", content="12 degrees", tool_call_id="c")]
    check_said("p/m", Request("m", told, (), 100, 0.0), "", (), "stop")


def test_text_after_one_that_broke_off_is_announced():
    _, _, log, _ = act(attempt(Says("Again"), restarted="q/n"))
    assert [type for type, _ in log.events] == ["model.restarted", "delta"]
    assert log.events[0][1]["after"] == "q/n"


def test_what_nobody_foresaw_still_reports_what_arrived():
    error, call, _, _ = act(attempt(Says("Hel", error=RuntimeError("x"))))
    assert isinstance(error, RuntimeError)
    assert call.uses


def test_what_was_spent_is_reported_though_what_was_found_cannot_be_written_down():
    class Breaks(Listens):
        def close(self):
            raise Unavailable("The database is full.")

    made = attempt(Says("Hello ", "you"), guard=lambda *_: Breaks())
    call = Call("t", 1, Log())
    with pytest.raises(Unavailable, match="full"):
        made(ModelSettings(), Router(), call)
    assert call.spent == {"nusd": 26, "tokens": 12}
