"""Parquet to columns: structs one level flat, lists as JSON text, few plain types."""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

from pathlib import Path

import duckdb

from core.data.landing import ReadOptions
from core.data.reading.staged import Place, Staged
from core.data.tables import literal, quote
from core.errors import Invalid

DAMAGED = "Write or download it again; a copy may have been cut short."
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
PLAIN = {
    **dict.fromkeys(WHOLE, "BIGINT"),
    "FLOAT": "DOUBLE",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
}


def stage(path: Path, options: ReadOptions, _place: Place) -> Staged:
    """The file's own columns, described. Raises Invalid if it is damaged."""
    source = f"read_parquet({literal(path.resolve())})"
    try:
        with duckdb.connect() as con:
            kinds = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            fields = [field for name, kind, *_ in kinds for field in _fields(con, name, kind)]
            con.execute(f"SELECT count(*) FROM {source}").fetchall()
    except duckdb.Error as error:
        raise Invalid(
            "The Parquet file is damaged or incomplete.",
            hint=DAMAGED,
        ) from error
    nested = [name for name, _, kind in fields if kind == "JSON"]
    notes = [f"Lists are kept as JSON text ({', '.join(nested[:5])})."] if nested else []
    return Staged(
        source,
        [name for name, _, _ in fields],
        options,
        notes=notes,
        types=["VARCHAR" if kind == "JSON" else kind for _, _, kind in fields],
        fields=[expression for _, expression, _ in fields],
    )


def _fields(con: duckdb.DuckDBPyConnection, name: str, kind: str) -> list[tuple[str, str, str]]:
    """(name, expression, plain type) of a column, or of each field of a struct."""
    if not kind.startswith("STRUCT("):
        return [(name, *_plain(quote(name), kind))]
    inner = con.execute(f"DESCRIBE SELECT unnest(NULL::{kind})").fetchall()
    return [
        (f"{name}.{part}", *_plain(f"{quote(name)}.{quote(part)}", what))
        for part, what, *_ in inner
    ]


def _plain(expression: str, kind: str) -> tuple[str, str]:
    """An expression of one of the types that land, and which; TEXT is examined like a CSV cell."""
    text = f"{expression}::VARCHAR"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({expression})::VARCHAR", "JSON"
    if kind.startswith("TIMESTAMP") and kind != "TIMESTAMP WITH TIME ZONE":
        return f"{expression}::TIMESTAMP", "TIMESTAMP"
    if kind.startswith("DECIMAL"):
        return expression, "DOUBLE"
    rare = {
        "TIMESTAMP WITH TIME ZONE": (f"{expression} AT TIME ZONE 'UTC'", "TIMESTAMP"),
        "BLOB": (f"hex({expression})", "VARCHAR"),
        **dict.fromkeys(("UBIGINT", "HUGEINT", "UHUGEINT"), (text, "TEXT")),
    }
    return (expression, PLAIN[kind]) if kind in PLAIN else rare.get(kind, (text, "VARCHAR"))
