"""Recorded usage objects of each provider cost what a hand computes, to the nano-dollar.

The objects are the providers' own JSON, read by LiteLLM as in a stream; the costs are written as
arithmetic: tokens x nano-dollars.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from core.llm.hosted import wire
from core.llm.hosted.bridge import load
from core.llm.messages import Usage
from core.llm.pricing import known, tariff

CHAT: dict[str, tuple[str, dict[str, Any], int]] = {
    # $0.15 in, $0.075 cached, $0.60 out a million
    "openai, half of the prompt cached": (
        "gpt-4o-mini",
        {"prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
         "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                                       "accepted_prediction_tokens": 0,
                                       "rejected_prediction_tokens": 0}},
        86 * 150 + 1920 * 75 + 300 * 600,
    ),
    # $1.25, $0.125, $10: thinking is billed as output
    "openai, mostly thinking": (
        "gpt-5",
        {"prompt_tokens": 4242, "completion_tokens": 1289, "total_tokens": 5531,
         "prompt_tokens_details": {"cached_tokens": 4096, "audio_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 1152, "audio_tokens": 0,
                                       "accepted_prediction_tokens": 0,
                                       "rejected_prediction_tokens": 0}},
        146 * 1250 + 4096 * 125 + (137 + 1152) * 10_000,
    ),
    # $0.15 in, $0.015 cached, $0.60 out
    "mistral": (
        "mistral/mistral-small-latest",
        {"prompt_tokens": 1013, "completion_tokens": 17, "total_tokens": 1030},
        1013 * 150 + 17 * 600,
    ),
    # all of it read from the cache at $0.015
    "mistral, all cached": (
        "mistral/mistral-small-latest",
        {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4,
         "prompt_tokens_details": {"cached_tokens": 3}},
        3 * 15 + 600,
    ),
    # $0.02 a million, nothing is written
    "openai embeddings": (
        "text-embedding-3-small",
        {"prompt_tokens": 8191, "total_tokens": 8191},
        8191 * 20,
    ),
    # $0.10 a million
    "mistral embeddings": (
        "mistral/mistral-embed", {"prompt_tokens": 13, "total_tokens": 13}, 13 * 100,
    ),
}  # fmt: skip

ANTHROPIC: dict[str, tuple[str, dict[str, Any], int]] = {
    # $3 in, $0.30 read, $3.75 kept five minutes, $6 kept an hour, $15 out
    "plain": (
        "claude-sonnet-4-5",
        {"input_tokens": 2095, "output_tokens": 503, "cache_creation_input_tokens": 0,
         "cache_read_input_tokens": 0},
        2095 * 3000 + 503 * 15_000,
    ),
    "read and written": (
        "claude-sonnet-4-5",
        {"input_tokens": 21, "output_tokens": 393, "cache_creation_input_tokens": 188_086,
         "cache_read_input_tokens": 1024},
        21 * 3000 + 1024 * 300 + 188_086 * 3750 + 393 * 15_000,
    ),
    "written for five minutes and for an hour": (
        "claude-sonnet-4-5",
        {"input_tokens": 2048, "cache_read_input_tokens": 1800,
         "cache_creation_input_tokens": 248 + 456, "output_tokens": 503,
         "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 248}},
        2048 * 3000 + 1800 * 300 + 456 * 3750 + 248 * 6000 + 503 * 15_000,
    ),
    "haiku for an hour": (
        "claude-haiku-4-5",
        {"input_tokens": 1, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 4096,
         "output_tokens": 2,
         "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 4096}},
        1 * 1000 + 4096 * 2000 + 2 * 5000,
    ),
}  # fmt: skip


def counted(usage: Any) -> Usage:
    return wire.counted([SimpleNamespace(usage=usage)])


@pytest.mark.parametrize("case", CHAT)
def test_usage_in_openais_words_costs_what_a_hand_computes(case):
    model, said, nusd = CHAT[case]
    usage = counted(load().Usage(**said))
    assert known(model).cost_nusd(usage) == nusd
    assert sum(known(model).cost(usage).breakdown.values()) == nusd


@pytest.mark.parametrize("case", ANTHROPIC)
def test_usage_in_anthropics_words_costs_what_a_hand_computes(case):
    model, said, nusd = ANTHROPIC[case]
    load()
    from litellm.llms.anthropic.chat.transformation import AnthropicConfig

    usage = counted(AnthropicConfig().calculate_usage(said, reasoning_content=None))
    assert known(model).cost_nusd(usage) == nusd
    assert sum(known(model).cost(usage).breakdown.values()) == nusd


@pytest.mark.parametrize("case", ["plain", "read and written"])
def test_a_batch_costs_half_where_that_is_published(case):
    model, said, nusd = ANTHROPIC[case]
    load()
    from litellm.llms.anthropic.chat.transformation import AnthropicConfig

    usage = counted(AnthropicConfig().calculate_usage(said, reasoning_content=None))
    assert known(model).batch.cost_nusd(usage) == nusd // 2


UNITS: dict[str, tuple[str, dict[str, str], dict[str, Any], int]] = {
    # text in at $5, image out at $40 a million: the usage of one image of 1024 x 1024
    "an image by its tokens": (
        "gpt-image-1", {}, {"input": 50, "image_input": 0, "image_output": 4160},
        50 * 5000 + 4160 * 40_000,
    ),
    "an image by size and quality": (
        "gpt-image-1", {"size": "1024x1536", "quality": "medium"}, {"image": 3}, 3 * 63_000_000,
    ),
    # $15 a million characters
    "speech": ("tts-1", {}, {"character": 4096}, 4096 * 15_000),
    # $0.006 a minute
    "a transcription": ("whisper-1", {}, {"second": Decimal("61.7")}, 61_700 * 100),
    # $2.50 a million tokens heard, $10 written
    "a transcription by its tokens": (
        "gpt-4o-transcribe", {}, {"audio_input": 1400, "input": 0, "output": 96},
        1400 * 2500 + 96 * 10_000,
    ),
    "a film of eight seconds": ("sora-2", {}, {"second": 8}, 8 * 100_000_000),
    "a search": ("tavily/search", {}, {"query": 1}, 8_000_000),
    "an own search engine": ("searxng/search", {}, {"query": 9}, 0),
    "a ranking": ("rerank-v3.5", {}, {"query": 1}, 2_000_000),
    "moderation": ("omni-moderation-latest", {}, {"input": 5000}, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", UNITS)
def test_units_cost_what_a_hand_computes(case):
    model, how, amounts, nusd = UNITS[case]
    cost = tariff(model, **how).cost(amounts)
    assert cost.nusd == nusd
    assert sum(cost.breakdown.values()) == nusd
