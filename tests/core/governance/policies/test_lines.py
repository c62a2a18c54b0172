"""YAML as data with places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid, restore
from core.governance.policies.lines import Faulty, Trouble, parse


def trouble(text: str) -> Trouble:
    with pytest.raises(Faulty) as caught:
        parse(text)
    return caught.value.trouble


def test_every_key_and_item_has_its_place():
    lines = parse("a:\n  b: [1, 2]\n  c:\n    - x\n    - y\n")
    assert lines.data == {"a": {"b": [1, 2], "c": ["x", "y"]}}
    assert lines.marks["a", "b"] == (2, 3)
    assert lines.marks["a", "b", 1] == (2, 10)
    assert lines.marks["a", "c", 1] == (5, 7)


def test_words_numbers_and_nothing_are_read_as_yaml_means_them():
    assert parse("a: 1_000\nb: 0.05\nc: yes\nd: null\ne: 2026-13-45\nf: '1'").data == {
        "a": 1000, "b": 0.05, "c": True, "d": None, "e": "2026-13-45", "f": "1",
    }  # fmt: skip
    assert parse("").data is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [\n", 3, "Expected"),
        ("a: 1\n\nb: 2\na: 3\n", 4, "second time"),
        ("a: 1\nb: !!int x\n", 2, "cannot be read"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "no value"),
        ("a: 1\nb: !!binary aGk=\n", 2, "no value"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "plain word"),
        ("a: 1\nb: \x07\n", 2, "character"),
        ("a: &a\n  b: *a\n", 1, "too deeply"),
        ("a: 1\n\tb: 2\n", 2, ""),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(text, line, said):
    found = trouble(text)
    assert said in found.message
    assert abs(found.line - line) <= (1 if "too deeply" in said else 0)


def test_neither_depth_nor_size_nor_repetition_can_break_it():
    assert trouble("[" * 5_000).message
    assert "longer" in trouble("a" * 300_000).message
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
    assert "repeats" in trouble(bomb).message


def test_the_first_of_several_problems_is_told_and_the_others_are_counted():
    lines = parse("a: 1\nb: 2\nc: 3\n")
    found = lines.trouble([(("c",), "Bad."), (("b",), "Worse."), (("b", "deeper"), "Z.")])
    assert (found.line, found.message, found.field, found.more) == (2, "Worse.", "b", 2)
    assert str(found) == "line 2: Worse. (2 more after it.)"


def test_the_error_crosses_the_engine_and_keeps_its_line():
    with pytest.raises(Faulty) as caught:
        parse("a: 1\na: 2")
    again = restore(caught.value.as_value())
    assert isinstance(again, Faulty)
    assert isinstance(again, Invalid)
    assert (again.trouble.line, again.trouble.column) == (2, 1)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_never_breaks(text):
    try:
        parse(text)
    except Faulty as error:
        assert error.trouble.message  # noqa: PT017 - both ends are fine
