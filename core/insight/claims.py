"""Numbers as people read them, each bound to the cell it came from. The one place that formats.

Locale-neutral English: `1,234.5`, `-12.3%` with a true minus sign, ISO dates. Rounding is half-even
on the exact decimal that a float prints as, so 2.675 is 2.675 and not its binary neighbour.
"""

from __future__ import annotations

import hashlib
import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel, Field

from core.errors import NotFound
from core.tools.evidence import Figure, Grid, Style

MISSING = "no value"
MINUS = "\u2212"
DIGITS = 3  # significant, unless the figure says how many decimals
WORDS = ((12, "trillion"), (9, "billion"), (6, "million"))
MILLION = Decimal(10) ** 6
TINY, HUGE = Decimal("1e-6"), Decimal("1e15")  # beyond these a number is written as 1.23e-7
BEFORE = frozenset("$€£¥₹")  # units that stand before the number
CLOSE = frozenset({"%", "°", "°C", "°F", "\u00d7"})  # units written without a space
WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)  # HUGEINT and a scale stay exact
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")


class Evidence(BaseModel):
    """Where a claim's value is read, and how it is written."""

    sources: list[str] = Field(description="SHA-256 of the files the query reads")
    query: str = Field(description="Id of the query in the deck")
    sql_hash: str
    where: dict[str, Any] = Field(default_factory=dict)
    column: str
    style: Style = "number"
    scale: float = 1.0
    decimals: int | None = Field(default=None, ge=0, le=12)
    sign: bool = False
    absolute: bool = False


class Claim(BaseModel):
    """One number (or name, or date) in a deck: what it says and why it may."""

    id: str  # "LOOK.KEY.NAME"
    label: str
    text: str  # as written on the slide
    value: Any = None  # the cell, exact and unscaled
    unit: str = ""
    evidence: Evidence

    def again(self, grid: Grid) -> tuple[str, Any]:
        """The text and the value that `grid` gives for this claim. Raises NotFound."""
        value = cell(grid, self.evidence.where, self.evidence.column)
        return written(value, self.evidence, self.unit), value


def cell(grid: Grid, where: dict[str, Any], column: str) -> Any:
    """The value in `column` of the one row that has `where`. Raises NotFound."""
    try:
        return grid.cell(where, column)
    except (KeyError, ValueError) as error:
        key = ", ".join(f"{name} = {value!r}" for name, value in where.items()) or "a single row"
        raise NotFound(f"The query has no value of {column!r} for {key}.") from error


def written(value: Any, how: Evidence | Figure, unit: str) -> str:
    """`value` as `how` wants it written."""
    return write(
        value,
        how.style,
        unit,
        decimals=how.decimals,
        scale=how.scale,
        sign=how.sign,
        absolute=how.absolute,
    )


def write(
    value: Any,
    style: Style = "number",
    unit: str = "",
    *,
    decimals: int | None = None,
    scale: float = 1.0,
    sign: bool = False,
    absolute: bool = False,
) -> str:
    """`value` as a person reads it: "1,234.5 USD", "+12.3%", "2025-10-01", "North".

    Without `decimals`: whole numbers in full, others with three significant digits, and those from
    a million up in words ("1.24 million"). K and M are never used.
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if style == "date":
        return MIDNIGHT.sub("", str(value)).replace("T", " ")
    if style == "text":
        return str(value)
    exact = _exact(value)
    if exact is None:
        return str(value)
    exact = WIDE.multiply(exact, Decimal(repr(scale)) if scale != 1 else Decimal(1))
    body, zero = _body(abs(exact), decimals, whole=isinstance(value, int))
    mark = "" if absolute or zero else MINUS if exact < 0 else "+" if sign else ""
    return _with_unit(mark, body, "%" if style == "percent" else unit)


def sql_hash(sql: str) -> str:
    """SHA-256 of the statement's text."""
    return hashlib.sha256(sql.encode()).hexdigest()


def write_q(q: float | None) -> str:
    """A q or p value: three decimals, never rounded to nothing."""
    if q is None:
        return MISSING
    return "< 0.001" if q < 0.001 else write(q, decimals=3)


def _exact(value: Any) -> Decimal | None:
    """The decimal a number prints as; None when it is not a finite number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        exact = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _body(size: Decimal, decimals: int | None, *, whole: bool) -> tuple[str, bool]:
    """The digits of a size (never negative), and whether they say zero."""
    if size >= HUGE or (decimals is None and 0 < size < TINY):
        return f"{_round(size, size.adjusted() - DIGITS + 1):.{DIGITS - 1}e}", False
    if decimals is not None:
        rounded = _round(size, -decimals)
        return f"{rounded:,.{decimals}f}", not rounded
    if size == 0:
        return "0", True
    if size == size.to_integral_value() and (whole or size < MILLION):
        return f"{size.to_integral_value():,f}", False
    return _three_digits(size), False


def _three_digits(size: Decimal) -> str:
    """Three significant digits, in words from a million up; zeros only where they were rounded."""
    rounded = _round(size, size.adjusted() - DIGITS + 1)
    for power, word in WORDS:
        if rounded.adjusted() >= power:
            return f"{_plain(rounded.scaleb(-power), exact=rounded == size)} {word}"
    return _plain(rounded, exact=rounded == size)


def _plain(rounded: Decimal, *, exact: bool) -> str:
    """`rounded` with separators; an exact value drops the zeros that say nothing."""
    places = max(0, DIGITS - 1 - rounded.adjusted())
    text = f"{rounded:,.{places}f}"
    return text.rstrip("0").rstrip(".") if exact and "." in text else text


def _round(size: Decimal, exponent: int) -> Decimal:
    return size.quantize(Decimal(1).scaleb(exponent), context=WIDE)


def _with_unit(mark: str, body: str, unit: str) -> str:
    if unit in BEFORE and unit:
        return f"{mark}{unit}{body}"
    if unit in CLOSE:
        return f"{mark}{body}{unit}"
    return f"{mark}{body} {unit}" if unit else f"{mark}{body}"
