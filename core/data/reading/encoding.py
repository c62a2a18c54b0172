"""What a file is made of: its kind by content, and its text in whatever encoding it has."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from core.errors import Invalid

SAMPLE_BYTES = 1 << 20
MIXED = "utf-8+cp1252"
CONTROL = bytes(set(range(32)) - {9, 10, 12, 13})
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAGIC = (
    (b"%PDF", "a PDF document", "Export its table as CSV"),
    (b"\x89PNG", "a PNG picture", "Export the data behind it as CSV"),
    (b"\xff\xd8\xff", "a JPEG picture", "Export the data behind it as CSV"),
    (b"GIF8", "a GIF picture", "Export the data behind it as CSV"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first"),
    (b"BZh", "a bzip2 archive", "Unpack it first"),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it first"),
    (b"Rar!", "a RAR archive", "Unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (such as .xls)", "Save it as CSV"),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV"),
    (b"ARROW1", "an Arrow (Feather) file", "Save it as Parquet"),
    (b"ORC", "an ORC file", "Save it as Parquet"),
    (b"\x7fELF", "a program", "Give a table of data"),
    (b"MZ\x90", "a program", "Give a table of data"),
    (b"{\\rtf", "an RTF document", "Export its table as CSV"),
)
OFFICE = {
    "xl/": ("an Excel workbook", "Open it and save the sheet as CSV"),
    "word/": ("a Word document", "Copy its table to a spreadsheet and save that as CSV"),
    "ppt/": ("a PowerPoint file", "Export the data behind it as CSV"),
}
ACCEPTED = "CSV, TSV, JSON, JSON lines and Parquet can be read."


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def sample_of(path: Path) -> bytes:
    """The first MiB. Raises Invalid if it is no text, saying what it looks like."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for magic, what, todo in MAGIC:
        if sample.startswith(magic):
            raise _foreign(what, todo)
    if sample.startswith(b"PK\x03\x04"):
        raise _foreign(*_inside_zip(path))
    head = sample[:1000].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise _foreign("a web page", "Download the data itself, not the page that shows it")
    if head.startswith(b"<?xml"):
        raise _foreign("an XML document", "Convert it to CSV or JSON")
    return sample


def encoding_of(path: Path, sample: bytes) -> tuple[str, list[str]]:
    """The encoding of the whole file, and notes. Raises Invalid if it is binary."""
    for mark, encoding in MARKS:
        if sample.startswith(mark):
            return encoding, []
    wide = _wide(sample)
    if wide:
        return wide, []
    control = len(sample) - len(sample.translate(None, CONTROL))
    odd = _odd_lines(path)
    share = control / max(1, len(sample))
    if share > 0.3 or (odd.lines and share > 0.02):
        raise _foreign("a binary file", "Check that it is the file you meant")
    if not odd.lines:
        return "utf-8", []
    if not odd.other:
        return "cp1252", ["The file is not UTF-8; it was read as Windows-1252 (Western European)."]
    lines = ", ".join(f"{line:,}" for line in odd.first) + (" ..." if odd.lines > 5 else "")
    what = f"{_lines(odd.lines)} not UTF-8 and read as Windows-1252 (line {lines})"
    return MIXED, [f"The file mixes encodings: {what}."]


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text, line ends untouched. Raises Invalid for an unknown encoding."""
    try:
        "".encode(encoding if encoding != MIXED else "utf-8")  # not all codecs are of text
    except (LookupError, ValueError):
        raise Invalid(f"{encoding!r} is no encoding that is known.", hint="Try utf-8.") from None
    if encoding in (MIXED, "cp1252"):
        raw = io.BufferedReader(Repaired(path.open("rb"), encoding), 1 << 20)
        return io.TextIOWrapper(raw, "utf-8", newline="")
    return path.open("r", encoding=encoding, newline="")


def undecodable(path: Path, encoding: str) -> Invalid:
    """The error that says on which line the file stops being `encoding`."""
    where = "some of it"
    if not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode(encoding)
                except UnicodeError:
                    where = f"line {number:,}"
                    break
    return Invalid(
        f"The file is not {encoding}: {where} cannot be read so.",
        hint="Let the studio find the encoding, or save the file as UTF-8.",
    )


class Repaired(io.RawIOBase):
    """A reader of bytes as UTF-8: each line that is not UTF-8 already is taken as Windows-1252."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._mixed, self._left = file, encoding == MIXED, b""

    def __enter__(self) -> Self:
        return self

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The next bytes of UTF-8 are in `buffer`."""
        while not self._left:
            lines = self._file.readlines(1 << 18)
            if not lines:
                return 0
            self._left = b"".join(map(self._line, lines)) if self._mixed else _western(lines)
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """The file beneath is closed too."""
        self._file.close()
        super().close()

    def _line(self, line: bytes) -> bytes:
        return line if _is_utf8(line) else _western([line])


def _western(lines: list[bytes]) -> bytes:
    """Windows-1252 as UTF-8; the five bytes it leaves open as Latin-1 has them."""
    whole = b"".join(lines)
    try:
        return whole.decode("cp1252").encode()
    except UnicodeDecodeError:
        return b"".join(
            bytes([byte]).decode("cp1252" if byte not in _OPEN else "latin-1").encode()
            for byte in whole
        )


_OPEN = frozenset(b"\x81\x8d\x8f\x90\x9d")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Odd(NamedTuple):
    """Lines that are not UTF-8: how many, the first few; whether others hold UTF-8 beyond ASCII."""

    lines: int
    first: list[int]
    other: bool


def _odd_lines(path: Path) -> _Odd:
    count, first, other, number = 0, [], False, 0
    with path.open("rb") as file:
        while lines := file.readlines(1 << 20):
            if not _is_utf8(b"".join(lines)):
                for place, line in enumerate(lines, number + 1):
                    fits = _is_utf8(line)
                    other = other or (fits and not line.isascii())
                    count += not fits
                    first += [place] if not fits and len(first) < 5 else []
            elif not other:
                other = not all(map(bytes.isascii, lines))
            number += len(lines)
    return _Odd(count, first, other)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of mostly Latin text is zero."""
    even, uneven = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half >= 4 and uneven > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if half >= 4 and even > 0.6 * half and uneven < 0.1 * half else None


def _inside_zip(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "a damaged zip archive", "Fetch it again and unpack it"
    for start, answer in OFFICE.items():
        if any(name.startswith(start) for name in names):
            return answer
    return "a zip archive", "Unpack it first"


def _foreign(what: str, todo: str) -> Invalid:
    return Invalid(f"This is {what}, not a table of text.", hint=f"{todo}. {ACCEPTED}")


def _lines(count: int) -> str:
    return "1 line is" if count == 1 else f"{count:,} lines are"


def looks_like_json(text: str) -> str | None:
    """`json` (an array, or objects), `jsonl` (an object a line) or None (no JSON)."""
    start = text.strip("\ufeff \t\r\n")
    if re.match(r"\[\s*([{\[\]]|$)", start) or re.fullmatch(r'\[\s*["\d-].*\]', start, re.DOTALL):
        return "json"
    if not re.match(r'\{\s*("|\}|$)', start):
        return None
    first, *rest = [line.strip() for line in start.splitlines() if line.strip()][:2]
    return "jsonl" if first.endswith("}") and rest and rest[0].startswith("{") else "json"
