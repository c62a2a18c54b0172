"""Which SQL may run over landed tables: one SELECT over known tables, nothing that names a file.

DuckDB's own locks already keep every file closed; this is the second wall, and its refusals are
sentences. It reads the statement as DuckDB's parser does, never as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from core.errors import Invalid

if TYPE_CHECKING:
    import duckdb

SQL_CHARS_MAX = 2_000_000
MAKERS = frozenset(  # table functions that only make or unfold values
    ("range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree")
)
INSIDE = re.compile(  # functions that tell about the host or the connection, or wait
    r"^(pg_(?!typeof$).*|duckdb_.*|pragma_.*|read_.*|write_.*|current_(setting|quer.*|role|schemas?"
    r"|catalog|database|user|connection.*|transaction.*)|user|session_user|getenv|getvariable"
    r"|in_search_path|json_(de)?serialize_sql|json_execute.*|nextval|currval|sleep.*|txid.*"
    r"|version|which_secret|query|query_table|glob|sniff_.*|parquet_.*|error)$"
)
HINT = "Write one SELECT over the tables that were loaded: {tables}."


def check(con: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str]) -> None:
    """The statement is one SELECT over `tables`, and names no file. Raises Invalid."""
    hint = HINT.format(tables=", ".join(sorted(tables)[:20]))
    if len(sql) > SQL_CHARS_MAX:
        raise Invalid("The query is too long.", hint=hint)
    tree = _parse(con, sql, hint)
    known = {name.casefold() for name in tables}
    found = list(_nodes(tree))
    known |= {item["key"].casefold() for node in found for item in _ctes(node)}
    for node in found:
        problem = _problem(node, known)
        if problem:
            raise Invalid(problem, hint=hint)


def _parse(con: duckdb.DuckDBPyConnection, sql: str, hint: str) -> dict[str, Any]:
    try:
        [(text,)] = con.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchall()
        tree = json.loads(text)
    except (RecursionError, UnicodeError):
        raise Invalid("The query cannot be read.", hint=hint) from None
    if tree["error"]:
        reason = tree.get("error_message", "it is empty")
        if tree.get("error_type") == "not implemented":
            reason = "only a plain SELECT may be asked"
        raise Invalid(f"The query cannot run: {reason}.", hint=hint, position=tree.get("position"))
    if len(tree["statements"]) != 1:
        raise Invalid("A query is exactly one statement.", hint=hint)
    return tree["statements"][0]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in the tree; a stack, so depth costs nothing."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def _ctes(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = node.get("cte_map")
    return found["map"] if isinstance(found, dict) else []


def _problem(node: dict[str, Any], known: set[str]) -> str | None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        return _table(node, known)
    if kind == "TABLE_FUNCTION":
        function = node["function"]
        name = function.get("function_name", "").casefold()
        return None if name in MAKERS else f"The query may not use {name!r} as a table."
    if kind == "SHOW_REF" and not node.get("query"):
        return "The query may not list the connection's objects."
    if node.get("class") == "FUNCTION" and kind == "FUNCTION":
        name = node.get("function_name", "").casefold()
        return f"The query may not use the function {name!r}." if INSIDE.match(name) else None
    return None


def _table(node: dict[str, Any], known: set[str]) -> str | None:
    name = node.get("table_name", "")
    outside = node.get("catalog_name") or node.get("schema_name", "") not in ("", "main")
    if outside or name.casefold() not in known:
        return f"There is no table {name[:80]!r}."
    return None
