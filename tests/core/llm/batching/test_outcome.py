"""One request of a batch: a reply and its exact cost, or an error that says why."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import Refused, restore
from core.llm.batching import Answer, Place
from core.llm.batching.outcome import told
from core.llm.messages import Message, Reply, ToolCall, Usage
from core.llm.pricing import Price
from core.llm.provider import Request

PLACE = Place("http://127.0.0.1:1", "sk-hidden-key-of-somebody", "openai/m", "OPENAI_API_KEY")
PRICE = Price(input=Decimal(75), output=Decimal(300))
REQUEST = Request("m", [Message(role="user", content="Hello, who are you?")], [], 100, 0.0)


def of(answer, guard=None):
    return told(None, REQUEST, answer, PRICE, PLACE, guard=guard, named={"use_case": "u"})


def test_an_answer_is_a_reply_with_its_receipt():
    usage = Usage(prompt=40, completion=10)
    call = ToolCall(id="c", name="weather", arguments={"city": "Oslo"})
    made = of(Answer("Hi.", (call,), "tool_calls", usage))
    reply = Reply.model_validate(made.value["reply"])
    assert (reply.text, reply.tool_calls, reply.finish_reason) == ("Hi.", [call], "tool_calls")
    assert (reply.provider, reply.model, reply.use_case) == ("openai", "openai/m", "u")
    assert reply.cost_nusd == made.cost.nusd == 40 * 75 + 10 * 300
    assert reply.breakdown == {"input": 3_000, "output": 3_000}
    assert not made.estimated


def test_what_the_provider_did_not_count_is_counted_and_marked():
    made = of(Answer("One two three."))
    assert made.estimated
    assert made.value["reply"]["estimated"]
    assert made.usage.prompt > 0
    assert made.usage.completion > 0
    assert made.cost.nusd > 0


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (None, "unavailable", "missing"),
        (Answer(code="expired"), "unavailable", "expired"),
        (Answer(code="cancelled"), "unavailable", "cancelled"),
        (Answer(code="server_error", said="boom"), "unavailable", "down"),
        (Answer(code="overloaded_error", said="boom"), "unavailable", "down"),
        (Answer(code="rate_limit_exceeded", said="boom"), "unavailable", "rate_limit"),
        (Answer(code="invalid_request_error", said="boom"), "invalid", "request"),
    ],
)
def test_what_got_no_answer_says_why_and_costs_nothing(answer, code, reason):
    made = of(answer)
    error = restore(made.value["error"])
    assert (error.code, error.details["reason"], error.details["model"]) == (
        code,
        reason,
        "openai/m",
    )
    assert error.hint
    assert made.usage is None
    assert made.cost.nusd == 0


def test_the_providers_words_pass_without_the_key():
    error = of(Answer(code="invalid_request_error", said=f"not with {PLACE.key}")).value["error"]
    assert PLACE.key not in str(error)
    assert "not with" in error["message"]


NOTHING = Usage(prompt=40, completion=1_000, reasoning=1_000)


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (Answer("", (), "content_filter", NOTHING), "invalid", "policy"),
        (Answer(" \n", (), "length", NOTHING), "unavailable", "length"),
        (Answer("", (), "stop", NOTHING), "unavailable", "garbled"),
    ],
)
def test_an_answer_that_says_nothing_is_an_error_and_paid_for(answer, code, reason):
    made = of(answer)
    error = restore(made.value["error"])
    assert (error.code, error.details["reason"], error.details["model"]) == (
        code, reason, "openai/m",
    )  # fmt: skip
    assert (made.usage, made.cost.nusd) == (NOTHING, 40 * 75 + 1_000 * 300)


def test_a_call_of_a_tool_says_something():
    answer = Answer("", (ToolCall(id="c", name="weather", arguments={}),), "tool_calls")
    assert "reply" in of(answer).value


class Careful:
    def __init__(self, *_):
        self.text = ""

    def hear(self, piece):
        if "forbidden" in piece:
            raise Refused("This may not be shown.")
        self.text = piece[-3:]
        return piece[:-3]

    def end(self):
        return self.text


def test_an_answer_is_judged_before_it_is_told_and_paid_for_either_way():
    usage = Usage(prompt=40, completion=10)
    assert of(Answer("All fine.", usage=usage), Careful).value["reply"]["text"] == "All fine."
    made = of(Answer("a forbidden word", usage=usage), Careful)
    assert made.value["error"]["code"] == "refused"
    assert "forbidden" not in str(made.value)
    assert made.cost.nusd == 40 * 75 + 10 * 300
