"""Redaction: what is found, and what must not be touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.safety import redact, redact_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("write to ana.b+c@mail.example.org now", "write to [e-mail] now"),
        ("call +1 415 555 0132 or (415) 555-0132", "call [phone] or [phone]"),
        ("call +49 (0)30 901820", "call [phone]"),
        ("ssn 123-45-6789.", "ssn [ssn]."),
        ("card 4111 1111 1111 1111 ok", "card [card] ok"),
        ("card 378282246310005", "card [card]"),
        ("from 93.184.216.34 and 2001:db8::ff00:42:8329", "from [ip] and [ip]"),
        ("key sk-abcdefghijklmnop1234", "key [secret]"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text, kept):
    assert redact_text(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "revenue 4111111111111112 cents",  # fails Luhn
        "spent 1234567890123456 nusd",
        "2025-11-20T09:00:00+00:00",
        "1,234,567.89 and 0.000000017",
        "version 1.2.3 of 127.0.0.1:8501",
        "3f2a9c51d0e84b7f9d6a1c2b3e4f5061:12",
        "SELECT sum(revenue) FROM sales WHERE year = 2025",
    ],
)
def test_ordinary_figures_and_ids_are_left_alone(text):
    assert redact_text(text) == text


@given(st.lists(st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()))
def test_numbers_pass_unchanged(values):
    assert redact({"a": values}) == {"a": values}


@given(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True), st.text())
def test_no_address_survives_anywhere_in_a_structure(address, around):
    assert address not in str(redact({"x": [{"y": f" {address} "}], "z": around}))


@given(st.binary(min_size=32, max_size=32))
def test_hashes_and_ids_are_never_damaged(data):
    text = f"deck {data.hex()} of task {data[:16].hex()}:7"
    assert redact_text(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text):
    assert redact_text(redact_text(text)) == redact_text(text)


@pytest.mark.parametrize(
    "key",
    [
        "AK" + "IA1234567890ABCDEF", "AI" + "za" + "a1B2c" * 7, "gh" + "o_" + "a1B2" * 9,
        "gl" + "pat-" + "a1B2" * 5, "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)  # fmt: skip
def test_keys_of_clouds_and_forges_are_keys_too(key):
    assert redact_text(f"use {key} now") == "use [secret] now"
