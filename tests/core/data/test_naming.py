"""What core.data.naming promises."""

from __future__ import annotations

import pytest

from core.data.naming import names_id, names_key, names_something, names_year


@pytest.mark.parametrize("name", ["id", "customerID", "Customer Id", "zip", "store", "batch"])
def test_whole_numbers_may_only_tell_things_apart(name):
    assert names_something(name)


@pytest.mark.parametrize("name", ["number_of_items", "customers", "paid", "storeys", "grouping"])
def test_numbers_that_count_are_not_names(name):
    assert not names_something(name)


def test_keys_are_told_from_codes():
    assert names_key("orderId")
    assert not names_key("country_code")
    assert names_id("country_code")


@pytest.mark.parametrize(("name", "expected"), [("Year", True), ("FY", True), ("yearly", False)])
def test_years_are_known_by_name(name, expected):
    assert names_year(name) is expected
