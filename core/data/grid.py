"""The answer of a query as JSON scalars, and how values become them."""

from __future__ import annotations

import math
from datetime import date, time
from decimal import Decimal
from typing import Any

from pydantic import BaseModel


class Grid(BaseModel):
    """The answer of a query: rows x columns, JSON scalars (dates as ISO text), in query order."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool = False  # more rows exist than were kept

    def cell(self, where: dict[str, Any], column: str) -> Any:
        """The value in `column` of the one row that has `where`. Raises KeyError."""
        spots = [(self._at(name), value) for name, value in where.items()]
        at = self._at(column)
        found = [row for row in self.rows if all(row[i] == value for i, value in spots)]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rows have {where!r}")
        return found[0][at]

    def _at(self, column: str) -> int:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}")
        return self.columns.index(column)


def scalar(value: Any) -> Any:
    """`value` as JSON: NaN and infinity None, whole decimals int, others float, dates ISO text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): scalar(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scalar(item) for item in value]
    return _rare(value)


def _decimal(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if int(value.as_tuple().exponent) >= 0 else float(value)


def _rare(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date | time) else str(value)
