"""Failures of providers read like sentences and hold no secret."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid, NotFound, Unavailable
from core.llm.hosted import failures

SECRET = "wJalrXUtnFEMI-K7MDENG"


def answered(status, message="no"):
    return failures.of_status(
        SimpleNamespace(status_code=status, message=message), "openai/m", "OPENAI_API_KEY", [SECRET]
    )


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
def test_each_status_has_a_class_a_sentence_and_a_way_out(status, kind, word):
    error = answered(status)
    assert type(error) is kind
    assert word in error.message
    assert "openai/m" in error.message
    assert error.hint


def test_too_long_a_prompt_is_told_from_other_refusals():
    said = "This model's maximum context length is 8192 tokens."
    assert answered(400, said).details["reason"] == "context"
    assert answered(400, "content_policy_violation").details["reason"] == "policy"


def test_a_key_in_a_providers_words_is_not_repeated():
    error = answered(400, f"key {SECRET} and sk-proj-abcdefgh12345678 and Bearer abcdef123456 bad")
    assert SECRET not in str(error)
    assert "sk-proj" not in str(error)
    assert "abcdef123456" not in str(error)


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_words_around_a_secret_let_it_through(before, after):
    shown = failures.scrub(f"{before}{SECRET}{after}", [SECRET])
    assert SECRET not in shown
    assert len(shown) <= failures.SAID_MAX
