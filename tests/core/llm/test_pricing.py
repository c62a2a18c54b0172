"""Costs are exact to the nano-dollar and reserves are upper bounds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm import pricing, tokens
from core.llm.config import ModelPrice
from core.llm.messages import Usage
from core.llm.pricing import FREE, Price, from_settings, known

COUNTS = st.integers(0, 2_000_000)
PRICES = st.decimals(0, 100_000, places=3)


@st.composite
def usages(draw):
    prompt, completion = draw(COUNTS), draw(COUNTS)
    cached = draw(st.integers(0, prompt))
    return Usage(
        prompt=prompt,
        completion=completion,
        cached=cached,
        cache_write=draw(st.integers(0, prompt - cached)),
        reasoning=draw(st.integers(0, completion)),
    )


@st.composite
def prices(draw):
    kinds = {kind: draw(PRICES) for kind in ("input", "output")}
    more = {kind: draw(st.none() | PRICES) for kind in ("cached", "cache_write", "reasoning")}
    return Price(**kinds, **more)


@pytest.mark.parametrize(
    ("model", "usage", "nusd"),
    [
        # 1,000 at $0.15 and 500 at $0.60 a million
        ("gpt-4o-mini", Usage(prompt=1000, completion=500), 150_000 + 300_000),
        # half of it read from the cache at $0.075
        ("gpt-4o-mini", Usage(prompt=1000, completion=0, cached=500), 75_000 + 37_500),
        # $3, cache read $0.30, cache write $3.75, output $15
        (
            "claude-sonnet-4-5",
            Usage(prompt=1000, completion=10, cached=300, cache_write=200),
            500 * 3000 + 300 * 300 + 200 * 3750 + 10 * 15000,
        ),
        # reasoning is output where it has no price of its own
        ("gpt-5", Usage(prompt=7, completion=100, reasoning=90), 7 * 1250 + 100 * 10_000),
        # fractions of a nano-dollar are rounded up once, at the end: 3 x 7.5 = 22.5
        ("mistral/mistral-small-latest", Usage(prompt=3, cached=3), 45),
    ],
)
def test_recorded_usage_costs_what_a_hand_computes(model, usage, nusd):
    assert known(model).cost_nusd(usage) == nusd


def test_long_prompts_cost_their_own_price():
    price = known("gpt-5.4")  # above 272,000 prompt tokens everything is dearer
    (tier,) = price.tiers
    assert tier.above == 272_000
    short, long = Usage(prompt=272_000, completion=1), Usage(prompt=272_001, completion=1)
    assert price.cost_nusd(short) == 272_000 * price.input + price.output
    assert price.cost_nusd(long) == 272_001 * tier.input + tier.output
    assert tier.input > price.input


def test_the_price_map_is_read_without_floats():
    assert all(isinstance(known(name).input, Decimal) for name in ("gpt-4o-mini", "gpt-5"))
    assert known("nobody/knows-this") is None


def test_people_price_in_usd_per_million():
    price = from_settings(ModelPrice(input="0.15", output="0.60"))
    assert price.cost_nusd(Usage(prompt=1_000_000, completion=1_000_000)) == 750_000_000


def test_free_is_free():
    assert FREE.cost_nusd(Usage(prompt=10**9, completion=10**9)) == 0
    assert FREE.reserve_nusd(10**6, 10**6) == 0


@settings(deadline=None)
@given(prices(), usages())
def test_cost_is_the_exact_sum_rounded_up_once(price, usage):
    def each(kind, parent):
        return Fraction(kind if kind is not None else parent)

    exact = (
        (usage.prompt - usage.cached - usage.cache_write) * Fraction(price.input)
        + usage.cached * each(price.cached, price.input)
        + usage.cache_write * each(price.cache_write, price.input)
        + (usage.completion - usage.reasoning) * Fraction(price.output)
        + usage.reasoning * each(price.reasoning, price.output)
    )
    assert 0 <= price.cost_nusd(usage) - exact < 1


@settings(deadline=None)
@given(prices(), usages(), st.integers(0, 1000))
def test_a_reserve_covers_every_answer_within_it(price, usage, slack):
    rule = usage.prompt  # what our rule counted; the provider may count a quarter more
    most = tokens.bound(rule)
    cheaper_cache = price.cached is None or price.cached <= price.input
    real = usage.model_copy(update={"prompt": most, "completion": usage.completion})
    reserve = price.reserve_nusd(rule, usage.completion + slack)
    if cheaper_cache:
        assert price.cost_nusd(real) <= reserve


def test_a_reserve_counts_the_dearest_tier_it_may_reach():
    dear = Price(Decimal(2), Decimal(4), above=1000)
    price = Price(Decimal(1), Decimal(1), tiers=(dear,))
    assert price.reserve_nusd(100, 10) == tokens.bound(100) + 10
    assert price.reserve_nusd(900, 10) == 2 * tokens.bound(900) + 40


def test_a_refusal_says_how_to_price():
    assert '"input"' in pricing.unpriced("compatible/x").hint
