"""Costs are exact to the nano-dollar, their parts sum to them, and reserves are upper bounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import pricing, tokens
from core.llm.messages import Usage
from core.llm.pricing import FREE, Price, charged

COUNTS = st.integers(0, 2_000_000)
PRICES = st.decimals(0, 100_000, places=3)
FINER = ("cached", "cache_write", "cache_write_1h", "reasoning", "audio_input", "audio_output")
OF_PROMPT = ("cached", "cache_write", "cache_write_1h", "audio_prompt")
OF_COMPLETION = ("reasoning", "audio_completion")


def split(draw, total, kinds):
    """Parts of `total`, one a kind, that do not overlap."""
    parts = {}
    for kind in kinds:
        parts[kind] = draw(st.integers(0, total))
        total -= parts[kind]
    return parts


@st.composite
def usages(draw):
    prompt, completion = draw(COUNTS), draw(COUNTS)
    finer = split(draw, prompt, OF_PROMPT) | split(draw, completion, OF_COMPLETION)
    return Usage(prompt=prompt, completion=completion, **finer)


@st.composite
def levels(draw):
    kinds = {kind: draw(PRICES) for kind in ("input", "output")}
    return Price(**kinds, **{kind: draw(st.none() | PRICES) for kind in FINER})


@st.composite
def prices(draw):
    """A price with up to two tiers for longer prompts, dearer or cheaper."""
    above = sorted(draw(st.sets(st.integers(1, 2_500_000), max_size=2)))
    tiers = tuple(replace(draw(levels()), above=limit) for limit in above)
    return replace(draw(levels()), tiers=tiers)


@settings(deadline=None)
@given(prices(), usages())
def test_cost_is_the_exact_sum_rounded_up_once(price, usage):
    at = [price, *(tier for tier in price.tiers if usage.prompt > tier.above)][-1]

    def each(kind, *parents):
        found = next(rate for name in (kind, *parents) if (rate := getattr(at, name)) is not None)
        return Fraction(found)

    exact = (
        (usage.prompt - sum(getattr(usage, kind) for kind in OF_PROMPT)) * Fraction(at.input)
        + usage.cached * each("cached", "input")
        + usage.cache_write * each("cache_write", "input")
        + usage.cache_write_1h * each("cache_write_1h", "cache_write", "input")
        + usage.audio_prompt * each("audio_input", "input")
        + (usage.completion - usage.reasoning - usage.audio_completion) * Fraction(at.output)
        + usage.reasoning * each("reasoning", "output")
        + usage.audio_completion * each("audio_output", "output")
    )
    assert 0 <= price.cost_nusd(usage) - exact < 1


@settings(deadline=None)
@given(prices(), usages())
def test_the_parts_of_a_cost_sum_to_it_and_are_off_by_less_than_one(price, usage):
    cost = price.cost(usage)
    assert sum(cost.breakdown.values()) == cost.nusd
    at = [price, *(tier for tier in price.tiers if usage.prompt > tier.above)][-1]
    if "cached" in cost.breakdown:
        assert abs(cost.breakdown["cached"] - usage.cached * at.rate("cached")) < 1


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.decimals(0, 10**12, places=6), max_size=9))
def test_rounding_conserves_any_sum(parts):
    cost = charged(parts)
    assert sum(cost.breakdown.values()) == cost.nusd
    assert 0 <= cost.nusd - sum(map(Fraction, parts.values())) < 1


@settings(deadline=None)
@given(levels(), usages(), st.integers(0, 10_000), st.sampled_from(OF_PROMPT + OF_COMPLETION))
def test_more_tokens_of_any_kind_never_cost_less(price, usage, more, kind):
    parent = "prompt" if kind in OF_PROMPT else "completion"
    grown = {parent: getattr(usage, parent) + more, kind: getattr(usage, kind) + more}
    assert price.cost_nusd(usage.model_copy(update=grown)) >= price.cost_nusd(usage)
    plain = {parent: getattr(usage, parent) + more}
    assert price.cost_nusd(usage.model_copy(update=plain)) >= price.cost_nusd(usage)


@settings(deadline=None)
@given(prices(), usages(), st.integers(0, 1000), st.data())
def test_a_reserve_covers_every_answer_within_it_whatever_the_tier_the_cache_or_thinking(
    price, usage, slack, data
):
    rule = usage.prompt  # the provider may count a quarter more, and bill any of it as any kind
    real = data.draw(st.integers(0, tokens.bound(rule)))
    finer = split(data.draw, real, OF_PROMPT)
    silent = {"audio_prompt": 0, "audio_completion": 0}
    real = usage.model_copy(update={"prompt": real, **finer, **silent})
    assert price.cost_nusd(real) <= price.reserve_nusd(rule, usage.completion + slack)


def test_a_reserve_counts_the_dearest_tier_it_may_reach():
    dear = Price(Decimal(2), Decimal(4), above=1000)
    price = Price(Decimal(1), Decimal(1), tiers=(dear,))
    assert price.reserve_nusd(100, 10) == tokens.bound(100) + 10
    assert price.reserve_nusd(900, 10) == 2 * tokens.bound(900) + 40


@given(st.integers(0, 10_000), PRICES)
def test_a_request_that_was_sent_pays_its_search_once_whatever_its_length(prompt, query):
    price = Price(query=query, tiers=(Price(above=100),))
    paid = price.cost(Usage(prompt=prompt))
    assert 0 <= paid.nusd - (Fraction(query) if prompt else 0) < 1
    assert sum(paid.breakdown.values()) == paid.nusd <= price.reserve_nusd(prompt, 0)


def test_free_is_free():
    assert FREE.cost_nusd(Usage(prompt=10**9, completion=10**9)) == 0
    assert FREE.cost(Usage(prompt=10**9)).breakdown == {}
    assert FREE.reserve_nusd(10**6, 10**6) == 0


@pytest.mark.parametrize("units", [(), ("second",), ("image", "pixel")])
def test_a_refusal_says_how_to_price(units):
    hint = pricing.unpriced("compatible/x", *units).hint
    assert all(f'"{unit}"' in hint for unit in units or ("input", "output"))
    assert "MODEL_PRICES" in hint
