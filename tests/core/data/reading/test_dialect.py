"""How a text is written."""

from __future__ import annotations

import pytest

from core.data.reading.dialect import dialect_of


@pytest.mark.parametrize(
    ("text", "delimiter", "header", "width"),
    [
        ("a,b\n1,2\n", ",", True, 2),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", True, 2),
        ("a\tb\n1,5\t2\n", "\t", True, 2),
        ("a|b|c\nx|y|z\n", "|", True, 3),
        ("1,2\n3,4\n", ",", False, 2),
        ("a\nx\ny\n", ",", True, 1),
        ('"a;x","b"\n"1;2","3"\n', ",", True, 2),
        ("year,2022,2023\nNorth,1.5,2.5\n", ",", True, 3),
        ("name,note\nAnn,hi; there\nBob,ok\n", ",", True, 2),
        ("x,y,z\n", ",", True, 3),
        ("1,2,3\n", ",", False, 3),
    ],
)
def test_delimiter_header_and_width_are_found(text, delimiter, header, width):
    found = dialect_of(text)
    assert (found.delimiter, found.header, found.width) == (delimiter, header, width)


def test_single_quotes_are_found():
    assert dialect_of("'a','b'\n'x, y','z'\n'1','2'\n").quote == "'"


def test_what_is_given_is_not_searched():
    assert dialect_of("a,b;c\n1,2;3\n", ";").width == 2


def test_titles_above_are_skipped():
    assert dialect_of("Report\nMay\na,b,c\n1,2,3\n4,5,6\n").skip == 2
