"""Units cost what they cost, and what has no price is refused with the way to give it one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.llm.pricing import NOTHING, Tariff

RATES = {"image": Decimal(40_000_000), "pixel": Decimal("10.5"), "image_output": Decimal(40_000)}


def test_images_cost_each_or_else_by_pixel():
    assert Tariff("m", RATES).images(2, 1024, 1024).nusd == 80_000_000
    by_pixel = Tariff("m", {"pixel": RATES["pixel"]})
    assert by_pixel.images(2, 10, 10).nusd == 2100


def test_a_finer_kind_costs_what_its_parent_does():
    tariff = Tariff("m", {"input": Decimal(5)})
    assert tariff.cost({"image_cached": 3, "input": 2}).breakdown == {
        "image_cached": 15,
        "input": 10,
    }
    assert not tariff.knows("output")


def test_an_unpriced_unit_is_refused_by_name():
    with pytest.raises(Invalid, match="no known price") as refused:
        Tariff("openai/film", RATES).cost({"second": 4})
    assert '"second"' in refused.value.hint
    assert refused.value.details["reason"] == "unpriced"


def test_a_free_tariff_charges_nothing_for_anything():
    assert Tariff("m", NOTHING).cost(dict.fromkeys(NOTHING, 7)).nusd == 0


@given(
    st.dictionaries(st.sampled_from(sorted(NOTHING)), st.decimals(0, 10**6, places=4), min_size=1),
    st.integers(0, 10**6),
    st.integers(0, 100),
)
def test_more_units_never_cost_less_and_the_parts_sum(rates, count, more):
    tariff = Tariff("m", rates)
    few = tariff.cost(dict.fromkeys(rates, count))
    many = tariff.cost(dict.fromkeys(rates, count + more))
    assert few.nusd <= many.nusd
    assert sum(many.breakdown.values()) == many.nusd
