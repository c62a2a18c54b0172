"""How values of settings are read: lists, amounts, JSON; and how a setting is declared."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _bare(value: Any) -> Any:
    return value.strip().removeprefix("$").replace("_", "") if isinstance(value, str) else value


def parsed(value: Any) -> Any:
    """JSON text as what it says; decimals keep every digit. Raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except ValueError:
        raise ValueError("must be JSON") from None


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]
Usd = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, decimal_places=9, allow_inf_nan=False),
    BeforeValidator(_bare),
]


def at(section: str, default: Any, description: str, **limits: Any) -> Any:
    """A setting: the section it is listed in, its default, and what it does, for people."""
    extra: dict[str, Any] = {"section": section}
    return Field(default=default, description=description, json_schema_extra=extra, **limits)
