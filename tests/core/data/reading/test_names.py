"""Names from strangers."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from core.data.reading.names import NAME_CHARS_MAX, clean, column_names, unique


@given(st.lists(st.text(max_size=20), max_size=20))
def test_names_are_as_many_printable_and_unique_in_any_case(given_names):
    names = column_names(given_names)
    assert len(names) == len(given_names) == len({name.casefold() for name in names})
    assert all(name and name.isprintable() for name in names)


def test_good_names_are_not_touched():
    names = ["Region", "net_revenue", "Größe (cm)", "名前", 'say "hi"', "a.b", "2024"]
    assert column_names(names) == names


def test_repeated_names_do_not_take_names_that_are_there():
    assert unique(["a", "A", "a", "a_2"]) == ["a", "A_3", "a_4", "a_2"]


def test_ten_thousand_equal_names_are_quick():
    started = time.process_time()
    assert len(set(unique(["x"] * 10_000))) == 10_000
    assert time.process_time() - started < 2


def test_control_characters_go_and_long_names_end():
    assert clean("a\0b\x1b[31m\n c\u202e") == "ab[31m c"
    assert len(clean("x" * 5000)) == NAME_CHARS_MAX
