"""Cells on their way out, to programs that run what they read."""

from __future__ import annotations

from typing import Any

STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width


def neutralise(value: Any) -> Any:
    """The value for a CSV file or spreadsheet: text that would be a formula gets an apostrophe.

    Numbers stay numbers; a text such as "-5" is text and gets one too.
    """
    if isinstance(value, str) and value.lstrip(" \0\ufeff\u200b").startswith(STARTERS):
        return "'" + value
    return value
