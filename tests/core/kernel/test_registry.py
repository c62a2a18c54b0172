"""Named things: found by name, refused twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from core.kernel.registry import Registry


@given(st.sets(st.text()))
def test_everything_added_is_found_and_listed_in_order(names):
    registry = Registry("thing")
    for name in names:
        assert registry.add(name, name * 2) == name * 2
    assert list(registry) == sorted(names)
    assert all(registry[name] == name * 2 for name in names)


def test_a_name_is_taken_once():
    registry = Registry("thing")
    registry.add("a", 1)
    with pytest.raises(ValueError, match="thing 'a' is registered twice"):
        registry.add("a", 2)
    assert registry["a"] == 1


def test_who_asks_for_what_is_not_there_hears_what_is():
    registry = Registry("thing")
    with pytest.raises(NotFound) as none:
        registry["c"]
    assert none.value.hint == "Known: none."
    registry.add("b", 1)
    registry.add("a", 1)
    with pytest.raises(NotFound, match="No thing named 'c'") as caught:
        registry["c"]
    assert caught.value.hint == "Known: a, b."
