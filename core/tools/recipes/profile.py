# ruff: noqa: S608 - every name and value in the SQL is quoted
"""What a table holds: rows, columns, time it covers, what is missing. Facts, no tests."""

from __future__ import annotations

from pydantic import BaseModel

from core.data.tables import Tables, quote
from core.tools.evidence import Outcome
from core.tools.reading import read
from core.tools.sheet import Sheet, figure, spoken
from core.tools.tool import DAY_S, tool


class Profile(BaseModel):
    """Which table to describe."""

    table: str


@tool(
    "profile",
    "Profile a table: its columns, their roles, the time it covers, what is missing.\n"
    "Answers: profile, overview, describe, columns, what is in, summary, summarise, data, table, "
    "rows, fields.",
    cache_ttl_s=DAY_S,
)
def profile(tables: Tables, params: Profile) -> Outcome:
    """One description of the table, one of its time."""
    sheet = Sheet("profile", params, tables)
    reading = read(tables, params.table)
    size = sheet.ask(
        "Rows and columns",
        f'SELECT count(*) AS "rows", {len(tables.columns(params.table))} AS columns, '
        f"{len(reading.measures)} AS measures, {len(reading.dimensions)} AS dimensions "
        f"FROM {quote(params.table)}",
    )
    roles = {
        "measures": [spoken(name) for name in reading.measures],
        "dimensions": [spoken(name) for name in reading.dimensions],
    }
    sheet.finding(
        "size",
        "{table} has {rows} rows and {columns} columns",
        details=[f"{{{role}_count}} {role}: {{{role}}}." for role, names in roles.items() if names],
        figures={
            "rows": figure("Rows", size, "rows"),
            "columns": figure("Columns", size, "columns"),
            "measures_count": figure("Measures", size, "measures"),
            "dimensions_count": figure("Dimensions", size, "dimensions"),
        },
        names={"table": params.table}
        | {role: ", ".join(names[:12]) for role, names in roles.items()},
        weight=0.1,
    )
    if reading.moment is not None:
        _time(sheet, params.table, reading.moment, reading.time or "")
    return sheet.outcome()


def _time(sheet: Sheet, table: str, moment: str, name: str) -> None:
    query = sheet.ask(
        f"Time covered by {spoken(name)}",
        f"""SELECT CAST(min({moment}) AS DATE) AS first, CAST(max({moment}) AS DATE) AS last
FROM {quote(table)}""",
    )
    if sheet.cell(query, "first") is None:
        return
    sheet.finding(
        "time",
        "{time} goes from {first} to {last}",
        figures={
            "first": figure("First date", query, "first", style="date"),
            "last": figure("Last date", query, "last", style="date"),
        },
        names={"time": spoken(name)},
        weight=0.1,
    )
