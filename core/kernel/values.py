"""Values on their way into rows: only what both databases and the engine take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from core.errors import Misuse

AMOUNT_MAX = 2**62  # sums of two still fit into a column
NAME_MAX = 200
UNFIT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text has no NUL, UTF-8 no half characters
HALVES = re.compile("[\ud800-\udfff]")


def plain(value: Any, *, lenient: bool = False) -> Any:
    """JSON of `value`: NaN and infinity are None, half characters are replaced.

    Raises ValueError for what JSON cannot hold; `lenient` writes such things as texts.
    """
    fallback, data = (str, "base64") if lenient else (None, "utf8")
    try:
        made = to_jsonable_python(value, inf_nan_mode="null", fallback=fallback, bytes_mode=data)
    except UnicodeEncodeError:  # a key with half a character
        value = _mended(value)
        made = to_jsonable_python(value, inf_nan_mode="null", fallback=fallback, bytes_mode=data)
    try:
        to_json(made)
    except PydanticSerializationError:
        return _mended(made)
    return made


def text(value: str, chars_max: int = NAME_MAX) -> str:
    """`value` as a text column takes it."""
    return UNFIT.sub("\ufffd", value)[:chars_max]


def amounts(given: Mapping[str, Any]) -> dict[str, int]:
    """The same amounts: whole, not negative, and not too large. Raises Misuse."""
    for unit, amount in given.items():
        if not isinstance(amount, int) or not 0 <= amount <= AMOUNT_MAX:
            raise Misuse(
                f"{text(str(amount), 40)} is no amount of {text(unit, 40)}.",
                hint="Amounts are whole numbers from zero up.",
            )
    return dict(given)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return HALVES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value
