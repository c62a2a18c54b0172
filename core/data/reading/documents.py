"""JSON arrays and JSON lines to columns of text, one record at a time."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.landing import ReadOptions, Rejected
from core.data.reading.encoding import open_text, undecodable
from core.data.reading.staged import Place, Staged
from core.data.tables import literal
from core.errors import Invalid

if TYPE_CHECKING:
    import pyarrow.parquet as pa_parquet

CHUNK_CHARS = 1 << 20
RECORD_CHARS_MAX = 1 << 28
BATCH_ROWS = 20_000
BATCH_CHARS = 1 << 25
COLUMNS_MAX = 20_000
HINT = "Give an array of objects, or one object a line."
DECODER = json.JSONDecoder()


def stage(path: Path, options: ReadOptions, place: Place) -> Staged:
    """Every record is in the staged columns or counted as rejected. Raises Invalid, Cancelled."""
    encoding = options.encoding or "utf-8"
    sheet = _Sheet(place)
    try:
        with open_text(path, encoding) as file:
            reader = _lines(file, sheet) if options.format == "jsonl" else _values(file)
            for value in reader:
                sheet.add(value)
        return sheet.staged(options)
    except UnicodeError:
        raise undecodable(path, encoding) from None
    except RecursionError:
        raise Invalid("The JSON is nested too deeply.", hint=HINT) from None
    finally:
        sheet.end()


class _Sheet:
    """Records gathered into Parquet parts; a new part begins where new fields appear."""

    def __init__(self, place: Place) -> None:
        self.place, self.rejected = place, Rejected()
        self.names: dict[str, int] = {}
        self.rows: list[dict[int, str]] = []
        self.seen, self.chars, self.lists = 0, 0, set[str]()
        self.parts: list[Path] = []
        self.writer: pa_parquet.ParquetWriter | None = None
        self.width = 0

    def add(self, record: Any, row: int | None = None) -> None:
        """The record is a row, or counted as rejected."""
        self.seen += 1
        if not isinstance(record, dict):
            text = json.dumps(record, ensure_ascii=False)
            self.rejected.add(row or self.seen, text, "not an object")
            return
        cells: dict[int, str] = {}
        for name, value in _flat(record):
            text = self._text(name, value)
            place = self.names.setdefault(name, len(self.names))
            if text is not None:
                cells[place] = text
                self.chars += len(text)
        self.rows.append(cells)
        if len(self.rows) >= BATCH_ROWS or self.chars > BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        """What was gathered is on disk."""
        import pyarrow as pa
        import pyarrow.parquet as pa_parquet

        self.place.check()
        if len(self.names) > COLUMNS_MAX:
            raise Invalid(f"The records have more than {COLUMNS_MAX:,} fields.", hint=HINT)
        schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(self.names))])
        if self.writer is None or self.width != len(self.names):
            self.end()
            self.width = len(self.names)
            self.parts.append(self.place.folder / f"part-{len(self.parts)}.parquet")
            self.writer = pa_parquet.ParquetWriter(self.parts[-1], schema, compression="zstd")
        columns = [
            pa.array([row.get(number) for row in self.rows], pa.string())
            for number in range(self.width)
        ]
        self.writer.write_batch(pa.record_batch(columns, schema=schema))
        self.rows, self.chars = [], 0

    def end(self) -> None:
        """The part being written is complete."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def staged(self, options: ReadOptions) -> Staged:
        """What was read. Raises Invalid if it has no field."""
        if not self.names:
            problem = "The file has no records." if not self.seen else "No record has a field."
            raise Invalid(problem, hint=HINT)
        if self.rows:
            self.flush()
        self.end()
        files = ", ".join(literal(part) for part in self.parts)
        notes = []
        if self.lists:
            listed = ", ".join(sorted(self.lists)[:5])
            notes.append(f"Lists and deeper objects are kept as JSON text ({listed}).")
        return Staged(
            f"read_parquet([{files}], union_by_name = true)",
            list(self.names),
            options,
            self.rejected,
            notes,
        )

    def _text(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode() or None
        if isinstance(value, dict | list):
            self.lists.add(name)
            return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
        finite = not isinstance(value, float) or math.isfinite(value)
        return json.dumps(value) if finite else None


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields, those of an object inside as `outer.inner`."""
    for name, value in record.items():
        if isinstance(value, dict) and value:
            yield from ((f"{name}.{inner}", item) for inner, item in value.items())
        else:
            yield name, value


def _lines(file: io.TextIOBase, sheet: _Sheet) -> Iterator[Any]:
    """One record a line; a line that is no JSON is set aside."""
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.lstrip("\ufeff"))
        except ValueError:  # a bad line, or a number of thousands of digits
            sheet.seen += 1
            sheet.rejected.add(number, line.strip(), "not valid JSON")
            continue
        yield value
    if sheet.rejected.count and sheet.rejected.count == sheet.seen:
        raise Invalid("No line of the file is valid JSON.", hint=HINT)


class _Window:
    """A stretch of a long text that moves forward."""

    def __init__(self, file: io.TextIOBase) -> None:
        self.file, self.text, self.at, self.lines, self.ended = file, "", 0, 1, False

    def more(self) -> bool:
        """Whether there was more to read."""
        self.lines += self.text.count("\n", 0, self.at)
        part = "" if self.ended else self.file.read(max(CHUNK_CHARS, len(self.text) - self.at))
        self.ended = not part
        self.text, self.at = self.text[self.at :] + part, 0
        if len(self.text) > RECORD_CHARS_MAX:
            raise Invalid("One record is larger than 256 million characters.", hint=HINT)
        return bool(part)

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self.at < len(self.text):
                if self.text[self.at] not in " \t\r\n\ufeff":
                    return self.text[self.at]
                self.at += 1
            if not self.more():
                return ""

    def value(self) -> Any:
        """The JSON value that begins here. Raises Invalid with its line."""
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except ValueError as error:
                if not self.more():
                    raise self.broken(str(error).split(":")[0]) from None
                continue
            if end == len(self.text) and self.more():  # a number may go on
                continue
            self.at = end
            return value

    def broken(self, why: str) -> Invalid:
        """The error that says where the JSON is not valid."""
        line = self.lines + self.text.count("\n", 0, self.at)
        return Invalid(f"The JSON is not valid after line {line:,}: {why}.", hint=HINT)


def _values(file: io.TextIOBase) -> Iterator[Any]:
    """The records of one array, or of objects one after the other, or inside one object."""
    window = _Window(file)
    if window.peek() == "[":
        window.at += 1
        yield from _items(window)
        if window.peek():
            raise window.broken("something follows the array")
        return
    first = window.value() if window.peek() else None
    if first is None:
        raise Invalid("The file is empty.", hint=HINT)
    yield from [first] if window.peek() else _unwrapped(first)
    while window.peek():
        yield window.value()


def _items(window: _Window) -> Iterator[Any]:
    if window.peek() == "]":
        window.at += 1
        return
    while True:
        yield window.value()
        mark = window.peek()
        if mark not in (",", "]"):
            raise window.broken("the array is not closed" if not mark else "a comma is missing")
        window.at += 1
        if mark == "]":
            return
        window.peek()


def _unwrapped(record: Any) -> list[Any]:
    """The list of objects that is all a single object holds: {"data": [...]}."""
    if isinstance(record, dict):
        lists = [
            item
            for item in record.values()
            if isinstance(item, list) and item and all(isinstance(one, dict) for one in item)
        ]
        if len(lists) == 1:
            return lists[0]
    return [record]
