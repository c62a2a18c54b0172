"""Numbers are written one way, exactly, and say where they come from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import NotFound
from core.insight.claims import MISSING, Claim, Evidence, sql_hash, write, write_q
from core.tools.evidence import Grid


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (1234, {}, "1,234"),
        (1234567, {}, "1,234,567"),
        (1234567.5, {}, "1.23 million"),
        (2.5e9, {}, "2.5 billion"),
        (999_999.6, {}, "1.00 million"),
        (1234.5, {"decimals": 1}, "1,234.5"),
        (812_345.67, {"unit": "USD"}, "812,000 USD"),
        (0.12345, {"style": "percent", "scale": 100.0}, "12.3%"),
        (-0.178, {"style": "percent", "scale": 100.0, "absolute": True}, "17.8%"),
        (3.1, {"unit": "pp", "sign": True}, "+3.1 pp"),
        (-3.1, {"unit": "pp", "sign": True}, "\u22123.1 pp"),
        (-12.0, {"unit": "$"}, "\u2212$12"),
        (2.675, {"decimals": 2}, "2.68"),
        (2.665, {"decimals": 2}, "2.66"),
        (-0.001, {"decimals": 1, "sign": True}, "0.0"),
        (0, {}, "0"),
        (1.2345e-7, {}, "1.23e-7"),
        (1e20, {}, "1.00e+20"),
        ("North", {"style": "text"}, "North"),
        ("2025-10-01T00:00:00", {"style": "date"}, "2025-10-01"),
        ("2025-10-01T13:30:00", {"style": "date"}, "2025-10-01 13:30:00"),
        (True, {}, "yes"),
        (None, {}, MISSING),
    ],
)
def test_a_value_is_written_as_people_read_it(value, how, text):
    assert write(value, **how) == text


@given(some.floats(-1e14, 1e14), some.integers(0, 6))
def test_rounding_is_half_even_on_the_decimal_that_is_printed(value, decimals):
    text = write(value, decimals=decimals).replace(",", "").replace("\u2212", "-")
    assert abs(Decimal(text) - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)


@given(some.floats(min_value=1e-5, max_value=1e14))
def test_three_significant_digits_are_never_off_by_more_than_half_a_digit(value):
    words = {"million": 10**6, "billion": 10**9, "trillion": 10**12}
    number, _, word = write(value).partition(" ")
    said = Decimal(number.replace(",", "")) * words.get(word, 1)
    assert abs(said - Decimal(repr(value))) <= Decimal(repr(value)) * Decimal("0.00501")


@given(some.one_of(some.integers(), some.floats(), some.text()))
def test_anything_can_be_written_and_the_sign_never_stands_before_zero(value):
    text = write(value)
    assert isinstance(text, str)
    assert text not in {"\u22120", "-0"}


def test_a_q_is_never_rounded_to_nothing():
    assert write_q(1e-9) == "< 0.001"
    assert write_q(0.0034) == "0.003"
    assert write_q(None) == MISSING


def _claim() -> Claim:
    how = Evidence(sources=[], query="q1.1", sql_hash=sql_hash("x"), where={"k": "a"}, column="v")
    return Claim(id="1.x.v", label="V", text="5", value=5, unit="USD", evidence=how)


def test_a_claim_is_read_again_from_the_row_it_names():
    assert _claim().again(Grid(columns=["k", "v"], rows=[["b", 1], ["a", 7]])) == ("7 USD", 7)


@pytest.mark.parametrize(
    "grid",
    [
        Grid(columns=["k", "v"], rows=[["b", 1]]),
        Grid(columns=["k", "v"], rows=[["a", 1], ["a", 2]]),
        Grid(columns=["k"], rows=[["a"]]),
    ],
)
def test_a_claim_whose_row_is_gone_or_not_alone_is_not_found(grid):
    with pytest.raises(NotFound):
        _claim().again(grid)
