"""Failures of providers read like sentences, say how long to wait, and hold no secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import httpx
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid, NotFound, Unavailable
from core.llm import ModelSettings
from core.llm.hosted import failures

SECRET = "wJalrXUtnFEMI-K7MDENG"


def answered(status, message="no", **headers):
    error = SimpleNamespace(
        status_code=status, message=message, litellm_response_headers=headers or None
    )
    return failures.of_status(error, "openai/m", "OPENAI_API_KEY", [SECRET])


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, Unavailable, "key"),
        (403, Unavailable, "key"),
        (404, NotFound, "know"),
        (408, Unavailable, "long"),
        (429, Unavailable, "limiting"),
        (400, Invalid, "accept"),
        (500, Unavailable, "failed"),
        (529, Unavailable, "failed"),
    ],
)
def test_each_status_has_a_class_a_sentence_a_reason_and_a_way_out(status, kind, word):
    error = answered(status)
    assert type(error) is kind
    assert word in error.message
    assert "openai/m" in error.message
    assert error.details["reason"]
    assert error.hint


# What the services really answer, as it arrives.
BODIES = {
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 10010 "
    "tokens. Please reduce the length of the messages.": "context",
    'b\'{"type":"error","error":{"type":"invalid_request_error","message":'
    '"prompt is too long: 210000 tokens > 200000 maximum"}}\'': "context",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000": "context",
    '{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum '
    'size"}}': "context",
    '{"object":"error","message":"Prompt contains 40960 tokens and 0 draft tokens, too large for '
    'model with 32768 maximum context length","type":"invalid_request_prompt","code":"3051"}':
        "context",
    "the request exceeds the available context size. try increasing the context size": "context",
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy.": "policy",
    "Your request was rejected as a result of our safety system.": "policy",
    "content_policy_violation": "policy",
    '{"type":"error","error":{"type":"invalid_request_error","message":'
    '"Output blocked by content filtering policy"}}': "policy",
    '{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not '
    'permitted"}]}': "request",
    "Unsupported value: 'temperature' does not support 0.3 with this model.": "request",
    "Your credit balance is too low to access the API.": "payment",
    "You exceeded your current quota, please check your plan and billing details.": "payment",
}  # fmt: skip


@pytest.mark.parametrize("said", BODIES)
def test_what_a_refusal_is_about_is_read_from_the_real_bodies(said):
    assert (
        answered(400, f"litellm.BadRequestError: SomeException - {said}").details["reason"]
        == BODIES[said]
    )


def test_a_spent_account_is_no_rate_limit():
    assert answered(429, "insufficient_quota").details["reason"] == "payment"


def test_people_read_the_providers_own_sentence_without_its_wrapping():
    wrapped = 'litellm.BadRequestError: MistralException - {"message": "No such voice", "code": 7}'
    assert answered(400, wrapped).message.endswith("request: No such voice")
    wrapped = "litellm.BadRequestError: BadRequestError: OpenAIException - Bad top_p"
    assert answered(400, wrapped).message.endswith("request: Bad top_p")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "6900"}, 6.9),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "9e99"}, failures.WAIT_MAX_S),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_headers(headers, wait):
    assert answered(429, **headers).details.get("retry_after_s") == wait


def test_a_date_to_wait_for_is_seconds_from_now():
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=50), usegmt=True)
    assert 2_400 < answered(429, **{"retry-after": at}).details["retry_after_s"] <= 3_000


def test_a_key_in_a_providers_words_is_not_repeated():
    error = answered(400, f"key {SECRET} and sk-proj-abcdefgh12345678 and Bearer abcdef123456 bad")
    assert SECRET not in str(error)
    assert "sk-proj" not in str(error)
    assert "abcdef123456" not in str(error)


def test_how_long_to_wait_is_read_where_an_sdk_keeps_the_headers():
    response = httpx.Response(429, headers={"Retry-After": "7"}, request=httpx.Request("GET", "/"))
    error = openai.RateLimitError("slow", response=response, body=None)
    made = failures.of_status(error, "openai/m", "OPENAI_API_KEY", [])
    assert made.details["retry_after_s"] == 7


@pytest.mark.parametrize(
    "said",
    [
        "Missing required key response_format",
        "token limit_exceeded: max_tokens is too large",
        "Use sk-learn, not the bearer of_bad_news",
        "http://127.0.0.1:8080/v1/models does not exist",
        "exceeded",
    ],
)
def test_ordinary_words_and_addresses_are_left_as_they_are(said):
    keys = {"COMPATIBLE_API_KEY": "xc", "COMPATIBLE_BASE_URL": "http://127.0.0.1:8080/v1"}
    assert failures.scrub(said, ModelSettings(credentials=keys).secrets()) == said


@pytest.mark.parametrize(
    "key",
    ["sk-abc123def", "gsk_4f8a9b2c1d", "pk_live_abcdef", "Bearer abcdef123456", "AIzaSyA1b2c3"],
)
def test_what_looks_like_a_key_is_not_shown(key):
    assert key.split()[-1] not in failures.scrub(f"The key {key} is wrong.", [])


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_words_around_a_secret_let_it_through(before, after):
    shown = failures.scrub(f"{before}{SECRET}{after}", [SECRET])
    assert SECRET not in shown
    assert len(shown) <= failures.SAID_MAX


PARTS = st.recursive(
    st.none() | st.text(),
    lambda kids: (
        st.lists(kids) | st.dictionaries(st.sampled_from(["error", "message", "detail"]), kids)
    ),
)


@settings(deadline=None)
@given(st.text(), PARTS)
def test_any_body_becomes_text(before, body):
    assert isinstance(failures.words(f"{before}{json.dumps(body)}"), str)
