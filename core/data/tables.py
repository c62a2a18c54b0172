"""Landed Parquet files as tables of one locked DuckDB connection.

Locked means: no file but the ones given, no network, no extension, no setting can change.
"""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from core.data.grid import Grid, scalar
from core.data.reading.names import unique
from core.data.statement import check
from core.errors import Cancelled, Invalid, Unavailable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ARRAY_ROWS_MAX = 20_000_000
BATCH_ROWS = 2_048
INSIST_S = 0.05
CLOSED = {  # before the first statement runs
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}


class Tables:
    """Tables to be asked by SQL. Queries may run in several threads at once."""

    def __init__(
        self, files: dict[str, Path], memory_mb: int, threads: int, temp: Path | None
    ) -> None:
        self.memory_mb = memory_mb
        self._paths: dict[str, str] = {}
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._guard = threading.Lock()
        self._stopped = False
        config = CLOSED | {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(temp.resolve()) if temp else "",
        }
        self._con = duckdb.connect(":memory:", config=config)
        try:
            self._con.execute("SET GLOBAL TimeZone = 'UTC'")
            for name, file in files.items():
                self._add(name, file)
            self._lock()
        except BaseException:
            self._con.close()
            raise

    @property
    def names(self) -> list[str]:
        """The tables, in the order they were given."""
        return list(self._paths)

    def query(self, sql: str, *, rows_max: int = 10_000) -> Grid:
        """The answer of one SELECT, at most `rows_max` rows.

        Repeated column names are made unique (`n`, `n_2`). Raises Invalid, Cancelled, Unavailable.
        """
        rows: list[list[Any]] = []
        with self._asking(sql) as con:
            reader = con.sql(sql).to_arrow_reader(min(BATCH_ROWS, rows_max + 1))
            for batch in reader:
                rows.extend(list(row) for row in zip(*map(_plain, batch.columns), strict=True))
                if len(rows) > rows_max:
                    break
            names = unique(reader.schema.names)
        return Grid(columns=names, rows=rows[:rows_max], truncated=len(rows) > rows_max)

    def arrays(self, sql: str, *, rows_max: int = ARRAY_ROWS_MAX) -> dict[str, np.ndarray]:
        """The answer of one SELECT by column, for statistics. Raises Invalid if it is larger.

        Numbers and booleans with missing values are float64 with NaN, decimals float64, dates
        datetime64 with NaT, anything else object with None.
        """
        import pyarrow as pa

        batches, count = [], 0
        with self._asking(sql) as con:
            reader = con.sql(sql).to_arrow_reader(100_000)
            for batch in reader:
                batches.append(batch)
                count += batch.num_rows
                if count > rows_max:
                    raise Invalid(
                        f"The answer has more than {rows_max:,} rows.", hint="Aggregate or sample."
                    )
            table = pa.Table.from_batches(batches, reader.schema)
        return {
            name: _array(column)
            for name, column in zip(unique(table.column_names), table.columns, strict=True)
        }

    def columns(self, table: str) -> dict[str, str]:
        """Column names and their DuckDB types, in order. Raises Invalid."""
        described = self.query(f"DESCRIBE SELECT * FROM {quote(table)}", rows_max=1_000_000)
        return {row[0]: row[1] for row in described.rows}

    def rows(self, table: str) -> int:
        """How many rows the table has. Raises Invalid."""
        return self.query(f"SELECT count(*) AS n FROM {quote(table)}").rows[0][0]

    def interrupt(self) -> None:
        """Running queries and all later ones end with Cancelled, until `resume`. Any thread."""
        with self._guard:
            self._stopped = True
            for con in self._running:
                con.interrupt()
        threading.Thread(target=self._insist, daemon=True).start()

    def resume(self) -> None:
        """Queries may run again after an `interrupt`."""
        self._stopped = False

    def close(self) -> None:
        """Everything is given back; queries still running end with Cancelled."""
        self.interrupt()
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, name: str, file: Path) -> None:
        path = str(file.resolve())
        if not name.strip() or name.casefold() in {known.casefold() for known in self._paths}:
            raise Invalid(f"{name!r} cannot name a table.", hint="Use a different, non-empty name.")
        self._paths[name] = path
        source = f"SELECT * FROM read_parquet({literal(path)})"
        try:
            self._con.execute(f"CREATE VIEW {quote(name)} AS {source}")
        except duckdb.Error as error:
            raise Invalid(
                f"The data of {name!r} cannot be read.",
                hint="Load the file again; its landed copy is missing or damaged.",
            ) from error

    def _lock(self) -> None:
        allowed = ", ".join(literal(path) for path in self._paths.values())
        self._con.execute(f"SET allowed_paths = [{allowed}]")
        self._con.execute("SET enable_external_access = false")
        self._con.execute("SET lock_configuration = true")

    def _insist(self) -> None:
        """Interrupt until nothing runs: one sent just before a query starts is lost."""
        while self._stopped and self._running:
            with self._guard:
                for con in self._running:
                    con.interrupt()
            time.sleep(INSIST_S)

    @contextmanager
    def _asking(self, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that `interrupt` reaches; the engine's errors leave as ours."""
        with self._guard:
            if self._stopped:
                raise Cancelled("The query was stopped.")
            con = self._con.cursor()
            self._running.add(con)
        try:
            check(con, sql, self._paths)
            yield con
        except (duckdb.Error, OSError, ArithmeticError) as error:
            raise self._told(error) from error
        finally:
            with self._guard:
                self._running.discard(con)
            con.close()

    def _told(self, error: Exception) -> Invalid | Cancelled | Unavailable:
        """What a person is told; no path of this machine is in it."""
        text = str(error).strip()
        if self._stopped or isinstance(error, duckdb.InterruptException) or "INTERRUPT" in text:
            return Cancelled("The query was stopped.")
        if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
            return Unavailable(
                f"The query needs more than {self.memory_mb:,} MB of memory.",
                hint="Filter or aggregate earlier in the query, or raise the memory limit.",
            )
        for name, path in self._paths.items():
            text = text.replace(path, name)
        return Invalid(f"The query cannot run: {text[:600]}", hint="Check names and types.")


def open_tables(
    files: dict[str, Path], *, memory_mb: int = 1024, threads: int = 2, temp: Path | None = None
) -> Tables:
    """One table per landed Parquet file, named by the key, and nothing else in reach.

    Larger-than-memory queries spill to `temp`; without it they end with Unavailable.
    """
    return Tables(files, memory_mb, threads, temp)


def quote(name: str) -> str:
    """`name` as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """`value` as an SQL literal: None, bool, int, finite float, date, or the text of anything."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        special = not math.isfinite(value)
        return f"'{value}'::DOUBLE" if special else f"{value!r}::DOUBLE"
    return "'" + str(value).replace("'", "''") + "'"


def _plain(column: pa.Array) -> list[Any]:
    """An Arrow column as JSON scalars; times that Python cannot hold (infinity) are None."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return [scalar(value) for value in column.to_pylist()]
    except (OverflowError, ValueError):
        texts = column.cast(pa.string()).to_pylist()
        return [None if text and text.startswith("<value out of range") else text for text in texts]


def _array(column: pa.ChunkedArray) -> np.ndarray:
    import pyarrow as pa

    kind = column.type
    loses = column.null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind))
    if pa.types.is_decimal(kind) or pa.types.is_null(kind) or loses:
        if pa.types.is_boolean(kind):
            column = column.cast(pa.int8())
        column = column.cast(pa.float64())
    return column.to_numpy()
