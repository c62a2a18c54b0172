"""What a file is made of. What landing does with it is in ../test_land.py."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.reading.encoding import MIXED, encoding_of, looks_like_json, open_text, undecodable

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(lines=st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=9), min_size=1))
@QUIET
def test_text_of_any_encoding_is_read_back(tmp_path, lines):
    text = "header,ä\n" + "\n".join(lines)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        file = tmp_path / "f"
        file.write_bytes(text.encode(encoding))
        found, _ = encoding_of(file, file.read_bytes())
        with open_text(file, found) as opened:
            assert opened.read() == text


@given(data=st.binary(max_size=300), encoding=st.sampled_from([MIXED, "cp1252"]))
@QUIET
def test_no_byte_is_lost_when_windows_text_is_assumed(tmp_path, data, encoding):
    file = tmp_path / "f"
    file.write_bytes(data)
    with open_text(file, encoding) as opened:
        assert opened.read().count("\n") == data.count(b"\n")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[{"a": 1}]', "json"),
        ("[]", "json"),
        ("[1, 2]", "json"),
        ('{"a": 1}\n{"a": 2}\n', "jsonl"),
        ('{"a": 1}', "json"),
        ('{\n "a": 1\n}', "json"),
        ("a,b\n1,2", None),
        ("[a],b\n1,2", None),
        ("{x},b\n1,2", None),
    ],
)
def test_json_is_known_by_its_look(text, kind):
    assert looks_like_json(text) == kind


def test_the_line_that_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"ok\n" * 6 + b"\xff\n")
    assert "line 7" in undecodable(file, "utf-8").message
