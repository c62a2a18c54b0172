"""What a table holds, column by column: type, role, missing, spread, a sparkline; in few scans."""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from core.data.naming import names_id, names_something, names_year
from core.data.tables import Tables, literal, quote

Type = Literal["number", "integer", "date", "datetime", "boolean", "text"]
Role = Literal["measure", "dimension", "time", "id", "text", "constant"]

CHUNK_COLUMNS = 50
COLUMNS_MAX = 200  # described; a table with more is listed by Tables.columns
EXACT_ROWS_MAX = 2_000_000  # above, distinct counts and quantiles are approximate
BINS = 24
TOP = 8
DIMENSION_MAX = 60
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TYPES: dict[str, Type] = {
    "BIGINT": "integer",
    "DOUBLE": "number",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "BOOLEAN": "boolean",
}
PERIOD = r"\d{4}[-/]?(0[1-9]|1[0-2])|\d{4}[- ]?[qQ][1-4]|[qQ][1-4][- /]\d{4}|\d{4}-?W\d{2}"


class Count(BaseModel):
    """How often a value occurs."""

    value: Any
    count: int


class ColumnProfile(BaseModel):
    """One column, described."""

    name: str
    type: Type
    role: Role
    missing: int
    distinct: int
    min: Any = None  # of numbers and times
    max: Any = None
    mean: float | None = None  # of numbers
    quantiles: dict[str, float] = Field(default_factory=dict)  # "0.05" ... "0.95", of numbers
    top: list[Count] = Field(default_factory=list)  # most frequent first; of texts and booleans
    spark: list[float] = Field(default_factory=list, max_length=BINS)
    """Measures: a histogram; times: rows over time; dimensions: shares of the top values."""


class Profile(BaseModel):
    """One table, described."""

    table: str
    title: str
    rows: int
    columns: list[ColumnProfile]
    more: int = 0  # further columns that are not described
    questions: list[str] = Field(default_factory=list)  # three, the most interesting first

    def of(self, *roles: Role) -> list[ColumnProfile]:
        """The columns with one of these roles, in order."""
        return [column for column in self.columns if column.role in roles]


def profile(tables: Tables, table: str, title: str = "") -> Profile:
    """The table is described; three questions it can answer are suggested. Raises Invalid."""
    from core.data.questions import suggest

    rows = tables.rows(table)
    kinds = {name: _kind(kind) for name, kind in tables.columns(table).items()}
    names = list(kinds)[:COLUMNS_MAX]
    columns = []
    for start in range(0, len(names), CHUNK_COLUMNS):
        part = {name: kinds[name] for name in names[start : start + CHUNK_COLUMNS]}
        columns += _described(tables, table, part, rows)
    made = Profile(table=table, title=title or table, rows=rows, columns=columns)
    made.more = len(kinds) - len(names)
    made.questions = suggest(tables, made)
    return made


def _kind(kind: str) -> str:
    """One of the six types files land with, for tables that did not land."""
    if kind in (*TYPES, "VARCHAR"):
        return kind
    if kind.startswith("TIMESTAMP"):
        return "TIMESTAMP"
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"):
        return "BIGINT"
    return "DOUBLE" if kind.startswith(("DECIMAL", "FLOAT", "HUGEINT", "UBIGINT")) else "VARCHAR"


def _described(tables: Tables, table: str, kinds: dict[str, str], rows: int) -> list[ColumnProfile]:
    """Profiles of these columns: one scan for their numbers, one for their pictures."""
    wanted = [_sums(name, kind, exact=rows <= EXACT_ROWS_MAX) for name, kind in kinds.items()]
    values = _one(tables, table, [sql for one in wanted for sql in one.values()])
    columns = []
    for (name, kind), one in zip(kinds.items(), wanted, strict=True):
        found = dict(zip(one, values, strict=False))
        values = values[len(one) :]
        columns.append(_column(name, kind, found, rows))
    _pictures(tables, table, columns)
    return columns


def _one(tables: Tables, table: str, expressions: list[str]) -> list[Any]:
    """The one row of these aggregates."""
    selected = ", ".join(f"{sql} AS a{place}" for place, sql in enumerate(expressions))
    return tables.query(f"SELECT {selected} FROM {quote(table)}").rows[0]


def _sums(name: str, kind: str, *, exact: bool) -> dict[str, str]:
    column = f"CAST({quote(name)} AS {kind})"
    distinct = f"count(DISTINCT {column})" if exact else f"approx_count_distinct({column})"
    sums = {"filled": f"count({column})", "distinct": distinct}
    if kind == "VARCHAR":
        period = f"regexp_full_match({column}, {literal(PERIOD)})"
        return sums | {
            "period": f"count_if({period})",
            "spaced": f"count_if(contains({column}, ' '))",
            "length": f"max(length({column}))",
        }
    if kind != "BOOLEAN":
        sums |= {"min": f"min({column})", "max": f"max({column})"}
    if kind in ("BIGINT", "DOUBLE"):
        quantile = "quantile_cont" if exact else "approx_quantile"
        sums |= {
            "mean": f"avg({column})",
            "quantiles": f"{quantile}({column}::DOUBLE, {list(SHARES)})",
        }
    return sums


def _column(name: str, kind: str, found: dict[str, Any], rows: int) -> ColumnProfile:
    quantiles = found.get("quantiles") or []
    shares = {str(share): value for share, value in zip(SHARES, quantiles, strict=False)}
    return ColumnProfile(
        name=name,
        type=TYPES.get(kind, "text"),
        role=_role(name, kind, found),
        missing=rows - found["filled"],
        distinct=min(found["distinct"], found["filled"]),
        min=found.get("min"),
        max=found.get("max"),
        mean=found.get("mean"),
        quantiles=shares,
    )


def _role(name: str, kind: str, found: dict[str, Any]) -> Role:
    """What the column is for, by its values first and its name second."""
    if found["distinct"] <= 1:
        return "constant"
    if kind in ("DATE", "TIMESTAMP"):
        return "time"
    if kind == "BOOLEAN":
        return "dimension"
    if kind == "DOUBLE":
        return "measure"
    return _whole(name, found) if kind == "BIGINT" else _text(name, found)


def _whole(name: str, found: dict[str, Any]) -> Role:
    if names_year(name) and found["min"] >= 1900 and found["max"] <= 2100:
        return "time"
    if names_something(name):
        return "dimension" if found["distinct"] <= DIMENSION_MAX < found["filled"] else "id"
    counter = found["max"] - found["min"] + 1 == found["distinct"] == found["filled"]
    return "id" if counter and found["filled"] > 20 else "measure"


def _text(name: str, found: dict[str, Any]) -> Role:
    filled, distinct = found["filled"], found["distinct"]
    if found["period"] == filled:
        return "time"
    near = distinct >= 0.95 * filled and filled >= 20
    if distinct <= DIMENSION_MAX and not near:
        return "dimension" if found["length"] <= 200 else "text"
    compact = found["length"] <= 64 and found["spaced"] < 0.01 * filled
    named = names_id(name) and found["length"] <= 64
    return "id" if named or (near and compact) else "text"


def _pictures(tables: Tables, table: str, columns: list[ColumnProfile]) -> None:
    """Sparklines and top values are filled in."""
    binned = [
        (column, _bins(column))
        for column in columns
        if column.min is not None and column.type != "text" and column.distinct > 1
    ]
    if binned:
        values = _one(tables, table, [sql for _, sql in binned])
        for (column, _), counts in zip(binned, values, strict=True):
            found = dict(counts or [])
            column.spark = [float(found.get(place, 0)) for place in range(BINS)]
    for column in columns:
        if column.type in ("text", "boolean") and column.role != "id" and column.distinct:
            _top(tables, table, column)


def _bins(column: ColumnProfile) -> str:
    """A map of bin number to rows; the outer hundredths of a measure go into the outer bins."""
    cell = quote(column.name)
    if column.type in ("date", "datetime"):
        cell = f"epoch({cell}::TIMESTAMP)"
        low, high = (f"epoch(TIMESTAMP {literal(end)})" for end in (column.min, column.max))
    else:
        ends = column.quantiles["0.01"], column.quantiles["0.99"]
        ends = ends if ends[0] < ends[1] else (float(column.min), float(column.max))
        low, high = (literal(float(end)) for end in ends)
    share = f"({cell} - {low}) / nullif({high} - {low}, 0)"
    return f"histogram(CAST(greatest(0, least({BINS - 1}, floor({share} * {BINS}))) AS INTEGER))"


def _top(tables: Tables, table: str, column: ColumnProfile) -> None:
    cell = quote(column.name)
    most = BINS if column.role == "dimension" else TOP
    grid = tables.query(
        f"SELECT left({cell}::VARCHAR, 200) AS value, count(*) AS n FROM {quote(table)}"
        f" WHERE {cell} IS NOT NULL GROUP BY {cell} ORDER BY n DESC, {cell} LIMIT {most}"
    )
    column.top = [Count(value=value, count=count) for value, count in grid.rows[:TOP]]
    if column.role == "dimension":
        total = sum(count for _, count in grid.rows)
        column.spark = [count / total for _, count in grid.rows]
