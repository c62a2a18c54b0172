"""CSV and its kin to columns of text, streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.landing import ReadOptions, Rejected
from core.data.reading.dialect import dialect_of, rows_of
from core.data.reading.encoding import open_text, undecodable
from core.data.reading.staged import Place, Staged
from core.data.tables import literal
from core.errors import Invalid

if TYPE_CHECKING:
    import pyarrow.csv as pa_csv

SAMPLE_CHARS = 1 << 20
# A row must fit into one; the reader keeps up to 32 of them ahead, so the usual one is small.
BLOCKS_BYTES = (1 << 18, 16 << 20, 256 << 20)
WIDTH_MAX = 20_000
OPEN_QUOTE = "A quotation mark is never closed; all of them were read as plain text."


def stage(path: Path, options: ReadOptions, place: Place) -> Staged:
    """Every row is in the staged columns or counted as rejected. Raises Invalid, Cancelled."""
    encoding = options.encoding or "utf-8"
    try:
        return _stage(path, options.model_copy(update={"encoding": encoding}), place)
    except UnicodeError:
        raise undecodable(path, encoding) from None


def _stage(path: Path, options: ReadOptions, place: Place) -> Staged:
    asked = options.quote
    options, width = _resolved(path, options)
    if asked is None and not options.quote:
        staged = _read(path, options, width, place).staged()
        staged.notes.append(OPEN_QUOTE)
        return staged
    read = _read(path, options, width, place)
    if read.quotes % 2 and options.quote:  # one is never closed: does the text fit better without?
        plain = _read(path, options.model_copy(update={"quote": ""}), width, place)
        if plain.rejected.count <= read.rejected.count:
            plain.notes.append(OPEN_QUOTE)
            return plain.staged()
        read.notes.append("A quotation mark is never closed; some lines may have run together.")
    return read.staged()


def _resolved(path: Path, options: ReadOptions) -> tuple[ReadOptions, int]:
    with open_text(path, options.encoding or "utf-8") as file:
        text = file.read(SAMPLE_CHARS)
    if not text.strip():
        raise Invalid("The file is empty.", hint="Give a file with a header and some rows.")
    found = dialect_of(text, options.delimiter, options.quote)
    given = options.model_dump(exclude_none=True)
    resolved = {
        "delimiter": found.delimiter,
        "quote": found.quote,
        "skip": found.skip,
        "header": found.header,
    }
    return ReadOptions(**(resolved | given)), found.width


class _Read:
    """One pass over the file."""

    def __init__(self, path: Path, options: ReadOptions, place: Place) -> None:
        self.path, self.options, self.place = path, options, place
        self.names: list[str] = []
        self.rejected, self.notes = Rejected(), list[str]()
        self.quotes, self.before, self.kept = 0, 0, 0
        self.target = place.folder / f"staged{'-plain' if not options.quote else ''}.parquet"

    def staged(self) -> Staged:
        """What the pass found. Raises Invalid when no row fits."""
        if self.rejected.count and not self.kept:
            raise Invalid(
                f"None of the {self.rejected.count:,} rows has as many fields as the header"
                f" ({len(self.names):,}).",
                hint="Check the delimiter and the header of the file.",
            )
        relation = f"read_parquet({literal(self.target)})"
        return Staged(relation, self.names, self.options, self.rejected, self.notes)

    def rows(self, file: io.TextIOBase, width: int) -> None:
        """The rows above the data are taken from `file`; the names are known."""
        reader = rows_of(_counted(file), self.options.delimiter or ",", self.options.quote or "")
        try:
            head = self._head(reader)
        except csv.Error:
            raise Invalid(
                "The header is too long to be one.", hint="Check the quotation marks in the file."
            ) from None
        width = max(width, len(head))
        if width > WIDTH_MAX:
            raise Invalid(f"The file has {width:,} columns.", hint=f"{WIDTH_MAX:,} can be read.")
        missing = [""] * (width - len(head))
        self.names = [*missing, *head] if len(missing) == 1 and head else [*head, *missing]

    def _head(self, reader: Any) -> list[str]:
        head = list[str]()
        wanted = (self.options.skip or 0) + bool(self.options.header)
        while self.before < wanted:
            row = next(reader, None)
            if row is None:
                break
            if not row:
                continue
            self.before += 1
            if self.before <= (self.options.skip or 0):
                text = (self.options.delimiter or ",").join(row)
                self.rejected.add(self.before, text, "above the header")
            else:
                head = row
        return head

    def reject(self, row: pa_csv.InvalidRow) -> str:
        """The row is counted."""
        few = row.actual_columns < row.expected_columns
        reason = f"too {'few' if few else 'many'} fields: {row.actual_columns:,}"
        self.rejected.add(self.before + (row.number or 0), row.text, reason)
        return "skip"


def _read(path: Path, options: ReadOptions, width: int, place: Place) -> _Read:
    import pyarrow as pa

    for block_bytes in BLOCKS_BYTES:
        read = _Read(path, options, place)
        with open_text(path, options.encoding or "utf-8") as file:
            read.rows(file, width)
            try:
                _copy(read, file, block_bytes)
            except pa.ArrowInvalid as error:
                if "straddl" in str(error):
                    continue
                raise Invalid(
                    f"The file cannot be read as {options.delimiter!r}-delimited text: {error}.",
                    hint="Check the delimiter and the quotation marks.",
                ) from error
            return read
    raise Invalid(
        f"One row is larger than {BLOCKS_BYTES[-1] >> 20} MB.",
        hint="A quotation mark may never be closed; check the file near its largest cell.",
    )


def _copy(read: _Read, file: io.TextIOBase, block_bytes: int) -> None:
    """The rows left in `file` are in `read.target`."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pa_parquet

    columns = [f"c{number}" for number in range(len(read.names))]
    schema = pa.schema([(column, pa.string()) for column in columns])
    source = _Utf8(file, read)
    with pa_parquet.ParquetWriter(read.target, schema, compression="zstd") as writer:
        if not source.fill():
            return
        reader = pa_csv.open_csv(
            pa.PythonFile(source, mode="r"),
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=block_bytes, column_names=columns
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=read.options.delimiter or ",",
                quote_char=read.options.quote or False,
                newlines_in_values=bool(read.options.quote),
                invalid_row_handler=read.reject,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, strings_can_be_null=True, null_values=[""], check_utf8=False
            ),
        )
        for batch in reader:
            read.place.check()
            read.kept += batch.num_rows
            writer.write_batch(batch)


class _Utf8(io.RawIOBase):
    """Text as a stream of UTF-8 that counts its quotation marks and knows when to stop."""

    def __init__(self, file: io.TextIOBase, read: _Read) -> None:
        self._file, self._read, self._left = file, read, b""
        self._quote = (read.options.quote or "\0").encode()

    def readable(self) -> bool:
        """True."""
        return True

    def fill(self) -> bool:
        """Whether anything but blank lines is left; blank lines before it are gone."""
        while not self._left.strip(b"\r\n"):
            self._left = self._more()
            if not self._left:
                return False
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, fewer than `size` only at the end."""
        parts, left = [self._left], size - len(self._left)
        while left > 0 or size < 0:
            part = self._more()
            if not part:
                break
            parts.append(part)
            left -= len(part)
        whole = b"".join(parts)
        size = len(whole) if size < 0 else size
        self._left = whole[size:]
        return whole[:size]

    def _more(self) -> bytes:
        self._read.place.check()
        data = self._file.read(1 << 20).encode()
        self._read.quotes += data.count(self._quote)
        return data


def _counted(file: io.TextIOBase) -> Iterator[str]:
    """Lines, one at a time, so that what follows the header stays in `file`."""
    while line := file.readline():
        yield line
