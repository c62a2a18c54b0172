"""A file lands: whatever table it holds becomes one Parquet file of few, plain types.

Landing again with `Landing.options` gives the same values.
"""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from core.data.landing import NULLS, LandedColumn, Landing, ReadOptions
from core.data.reading import columnar, delimited, documents
from core.data.reading.encoding import (
    encoding_of,
    is_parquet,
    looks_like_json,
    open_text,
    sample_of,
    undecodable,
)
from core.data.reading.exam import Examiner
from core.data.reading.names import clean, column_names
from core.data.reading.staged import Place, Staged
from core.data.reading.types import Decisions, Judge, Reading
from core.data.tables import literal, quote
from core.errors import Cancelled, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_MB = 1024
WIDE = 200
READERS = {
    "csv": delimited.stage,
    "json": documents.stage,
    "jsonl": documents.stage,
    "parquet": columnar.stage,
}


def land(
    path: Path,
    name: str,
    out: Path,
    options: ReadOptions | None = None,
    stop: threading.Event | None = None,
) -> Landing:
    """`out` is a Parquet file with the table that `path` holds; `name` is the file's given name.

    Raises Invalid with a way out if it holds none, Unavailable when the disk is full, Cancelled
    when `stop` is set; then there is no `out`.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix="landing-") as folder:
            place = Place(Path(folder), stop)
            place.check()
            wanted, notes = _resolved(path, name, options or ReadOptions())
            staged = READERS[wanted.format or "csv"](path, wanted, place)
            return _typed(staged, notes, out, place)
    except OSError as error:
        raise Unavailable(
            f"{name!r} could not be loaded: {error.strerror or 'the disk cannot be used'}.",
            hint="Free some disk space and try again; nothing that was stored before is lost.",
        ) from error


def _resolved(path: Path, name: str, options: ReadOptions) -> tuple[ReadOptions, list[str]]:
    """The options with format and encoding filled in by looking at the content."""
    options = options.model_copy(update={"nulls": options.nulls or list(NULLS)})
    if options.format == "parquet" or (options.format is None and is_parquet(path)):
        return options.model_copy(update={"format": "parquet", "encoding": ""}), []
    sample = sample_of(path)
    if not sample.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Invalid(f"{name!r} is empty.", hint="Give a file with a header and some rows.")
    encoding, notes = options.encoding, list[str]()
    if encoding is None:
        encoding, notes = encoding_of(path, sample)
    form = options.format
    if form is None:
        try:
            with open_text(path, encoding) as file:
                form = looks_like_json(file.read(1 << 16)) or "csv"
        except UnicodeError:
            raise undecodable(path, encoding) from None
    return options.model_copy(update={"format": form, "encoding": encoding}), notes


def _typed(staged: Staged, notes: list[str], out: Path, place: Place) -> Landing:
    """The staged rows are in `out`, typed."""
    names = column_names(staged.names)
    with _engine(place, wide=len(names) > WIDE) as con:
        made = _decided(con, staged, names)
        aside = place.folder / "typed.parquet"
        if len(names) > WIDE:  # its time grows with the cube of the columns
            con.execute("PRAGMA disable_optimizer")
        selected = ", ".join(
            f"{reading.expression} AS {quote(name)}"
            for reading, name in zip(made.readings, names, strict=True)
        )
        con.execute(
            f"COPY (SELECT {selected} FROM {staged.relation}) TO {literal(aside)}"
            " (FORMAT parquet, COMPRESSION zstd)"
        )
        [(rows,)] = con.execute(f"SELECT count(*) FROM read_parquet({literal(aside)})").fetchall()
    place.check()
    aside.replace(out)
    columns = [
        LandedColumn(name=name, original=original, type=reading.type)
        for name, original, reading in zip(names, staged.names, made.readings, strict=True)
    ]
    return Landing(
        rows=rows,
        columns=columns,
        options=_complete(staged.options, made),
        notes=[*notes, *_told(staged, names, rows), *staged.notes, *made.notes],
        rejected=staged.rejected,
        questions=made.doubts,
    )


def _decided(con: duckdb.DuckDBPyConnection, staged: Staged, names: list[str]) -> Decisions:
    """A reading for every column: those of text are examined, others are taken as they are."""
    fields = staged.fields or [f"c{place}" for place in range(len(names))]
    types = staged.types or ["TEXT"] * len(names)
    options = staged.options
    examiner = Examiner(con, staged.relation, options.nulls or [])
    readings = dict[int, Reading]()
    whole = Decisions()
    for kind in ("TEXT", "VARCHAR"):
        places = [place for place, one in enumerate(types) if one == kind]
        made = Judge(examiner, options).decide(
            [fields[place] for place in places],
            [names[place] for place in places],
            numbers=kind == "TEXT",
        )
        readings.update(zip(places, made.readings, strict=True))
        whole.notes += made.notes
        whole.doubts += made.doubts
        whole.options.update(made.options)
    for place, kind in enumerate(types):
        if place not in readings:
            readings[place] = Reading(kind, _kept(fields[place], kind))
    whole.readings = [readings[place] for place in range(len(names))]
    return whole


def _kept(expression: str, kind: str) -> str:
    if kind == "DOUBLE":
        return f"CASE WHEN isfinite({expression}::DOUBLE) THEN {expression}::DOUBLE END"
    return f"CAST({expression} AS {kind})"


def _complete(options: ReadOptions, made: Decisions) -> ReadOptions:
    """The options without any None."""
    found = options.model_dump(exclude_none=True)
    rest = {"delimiter": "", "quote": "", "skip": 0, "header": True}
    usual = {"decimal": ".", "date_order": "ymd"}
    settled = rest | usual | found | made.options
    settled["thousands"] = found.get("thousands", "," if settled["decimal"] == "." else ".")
    return ReadOptions.model_validate(settled)


def _told(staged: Staged, names: list[str], rows: int) -> list[str]:
    """What people should know about rows and names."""
    notes = []
    if not rows:
        notes.append("The file has columns but no rows.")
    if staged.rejected.count:
        count = staged.rejected.count
        first = staged.rejected.examples[0]
        what = "1 row was" if count == 1 else f"{count:,} rows were"
        notes.append(f"{what} set aside (row {first.row:,}: {first.reason}).")
    if staged.options.header is False:
        notes.append("The file has no header; the columns are numbered.")
    changed = sum(name != given for name, given in zip(names, staged.names, strict=True))
    if changed and staged.options.header is not False:
        few = sum(not clean(given) for given in staged.names)
        what = "1 column name was" if changed == 1 else f"{changed:,} column names were"
        why = "empty, repeated or not fit to print" if few else "repeated or not fit to print"
        notes.append(f"{what} changed: {why}.")
    return notes


@contextmanager
def _engine(place: Place, *, wide: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that ends when `place.stop` is set; full disks and memory leave as ours."""
    config = {
        "memory_limit": f"{4 * MEMORY_MB if wide else MEMORY_MB}MB",  # a buffer a column
        "threads": 1 if wide else 2,
        "temp_directory": str(place.folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "preserve_insertion_order": True,
    }
    done = threading.Event()
    con = duckdb.connect(":memory:", config=config)
    watch = threading.Thread(target=_watch, args=(con, place, done), daemon=True)
    try:
        con.execute("SET GLOBAL TimeZone = 'UTC'")
        watch.start()
        yield con
    except duckdb.InterruptException as error:
        raise Cancelled("Reading the file was stopped.", hint="Nothing was kept.") from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(
            "The file needs more memory or disk than there is.", hint="Free some and try again."
        ) from error
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    except duckdb.Error as error:
        raise Invalid(
            "The file, or a Parquet page in it, is damaged and cannot be read.",
            hint=columnar.DAMAGED,
        ) from error
    finally:
        done.set()
        if watch.is_alive():
            watch.join()
        con.close()


def _watch(con: duckdb.DuckDBPyConnection, place: Place, done: threading.Event) -> None:
    """Interrupts the connection again and again once somebody said stop."""
    while not done.wait(0.05):
        if place.stop is not None and place.stop.is_set():
            con.interrupt()
