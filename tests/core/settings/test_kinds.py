"""Lists, amounts and JSON are read as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from core.settings.kinds import Names, Usd, at, parsed


def test_names_are_separated_by_commas():
    assert TypeAdapter(Names).validate_python(" a, b ") == ("a", "b")
    with pytest.raises(ValidationError):
        TypeAdapter(Names).validate_python("a,,b")


def test_dollars_may_have_a_sign_and_nine_decimals():
    assert TypeAdapter(Usd).validate_python("$1_000.000000001") == Decimal("1000.000000001")
    for wrong in ("-1", "0.0000000001", "nan"):
        with pytest.raises(ValidationError):
            TypeAdapter(Usd).validate_python(wrong)


def test_json_keeps_every_digit():
    assert parsed('{"a": 0.1}') == {"a": Decimal("0.1")}
    assert parsed({"a": 1}) == {"a": 1}
    with pytest.raises(ValueError, match="JSON"):
        parsed("{")


def test_a_setting_says_where_it_is_listed():
    field = at("Redis", "", "What it does")
    assert (field.json_schema_extra, field.description) == ({"section": "Redis"}, "What it does")
