"""Receipts from both shapes they are kept in."""

from __future__ import annotations

import pytest

from components.task import receipt

REPLY = {
    "model": "openai/gpt-4.1",
    "attempts": [
        {"model": "mistral/small", "reason": "key"},
        {"model": "openai/gpt-4.1", "reason": ""},
    ],
    "usage": {"prompt": 18_420, "completion": 2_310, "cached": 4_096, "reasoning": 12},
    "cost_nusd": 49_200_000,
    "breakdown": {"input": 30_000_000, "output": 19_200_000, "cached": 0},
    "estimated": False,
    "latency_ms": 784,
    "first_token_ms": 446,
    "cached": False,
    "use_case": "email_generation",
    "variant": "bold",
    "prompt_hash": "",
    "budget": {"nusd": 1_940_000_000, "tokens": 432_928},
}
USE = {
    "model": "openai/gpt-4.1",
    "prompt_tokens": 18_420,
    "completion_tokens": 2_310,
    "cached_tokens": 4_096,
    "cost_nusd": 49_200_000,
}


def said(made):
    return {name: value.replace("\\", "") for name, value in receipt.receipt(made)}


def test_only_an_answer_that_was_cut_short_says_how_it_ended():
    assert said({**REPLY, "finish_reason": "length"})["Ended"].startswith("cut short")
    assert "filter" in said({**REPLY, "finish_reason": "content_filter"})["Ended"]
    assert "Ended" not in said({**REPLY, "finish_reason": "stop"})


def test_a_reply_says_what_it_took_and_who_was_asked_before():
    assert said(REPLY) == {
        "Model": "openai/gpt-4.1",
        "Asked before it": "mistral/small (its key was refused)",
        "Tokens": "18,420 read (4,096 from the provider's cache), 2,310 written (12 thought)",
        "Cost": "$0.0492: input $0.0300, output $0.0192",
        "First word after": "446 ms",
        "Whole answer after": "784 ms",
        "Policy": "Email generation, arm bold",
        "Left of the tightest limits": "$1.94, 432,928 tokens",
    }


def test_a_recorded_line_of_usage_says_the_same_of_its_tokens():
    assert receipt.tokens(USE) == receipt.tokens(
        {**REPLY, "usage": {**REPLY["usage"], "reasoning": 0}}
    )


def test_an_answer_that_was_known_cost_nothing_and_took_no_time():
    told = said({**REPLY, "cached": True, "cost_nusd": 0, "breakdown": {}})
    assert told["Cost"] == "$0.00, an equal question had been answered before"
    assert "Whole answer after" not in told
    assert receipt.is_kept({**USE, "cache_hit": True})
    assert not receipt.is_kept(USE)


def test_an_estimate_says_so_and_a_sum_of_tokens_is_enough():
    assert "estimated" in receipt.cost({**USE, "estimated": True})
    assert receipt.tokens({"tokens": 66}) == "66 tokens"
    assert receipt.tokens({}) == ""


@pytest.mark.usefixtures("front")
def test_a_prompt_is_called_by_its_name_and_an_unknown_one_by_its_hash():
    names = receipt.prompt_names()
    hash = next(hash for hash, name in names.items() if name == "Insight, Studio 1")
    assert receipt.prompt(hash) == "Insight, Studio 1"
    assert receipt.prompt("f" * 64) == "f" * 12
    assert receipt.prompt("") == ""
