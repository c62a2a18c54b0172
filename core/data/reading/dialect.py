"""How a delimited text is written: its delimiter, quote, where its header is. Found in a sample."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

DELIMITERS = ",;\t|"
ROWS_MAX = 500
CELL_CHARS_MAX = 1 << 28
NUMBER = re.compile(r"[(+-]?\s*[$€£¥₹]?\s*[+-]?\d[\d., '\u00a0]*([eE][+-]?\d+)?\s*[%$€£¥₹]?\)?")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d.*)?|\d{1,2}:\d{2}(:\d{2})?")
YEAR = re.compile(r"(19|20)\d\d")


class Dialect(NamedTuple):
    """What `dialect_of` found."""

    delimiter: str
    quote: str
    skip: int  # rows before the header, or before the data
    header: bool
    width: int  # fields in a row


def dialect_of(text: str, delimiter: str | None = None, quote: str | None = None) -> Dialect:
    """The dialect in which most rows of `text` have one width and no quote is left over."""
    quotes = _quotes(text) if quote is None else [quote]
    tried = [
        (_score(rows, given, used), given, used, rows)
        for used in quotes
        for given in (delimiter or DELIMITERS)
        if (rows := parsed(text, given, used))
    ]
    if not tried:
        return Dialect(delimiter or ",", '"' if quote is None else quote, 0, header=True, width=0)
    _, found, used, rows = max(tried, key=lambda one: one[0])
    width = _width(rows)
    skip = _skip(rows, width)
    return Dialect(found, used, skip, _has_header(rows[skip:], width), width)


def _quotes(text: str) -> list[str]:
    """Quotes to try; none at all too, if one is never closed."""
    single = ["'"] if _single_quoted(text) else []
    return ['"', *single, *([""] if text.count('"') % 2 else [])]


def parsed(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first rows, blank ones left out; the last is dropped if the sample may have cut it."""
    rows = [row for row in islice(rows_of(_lines(text), delimiter, quote), ROWS_MAX) if row]
    cut = len(text) > 100_000 and len(rows) < ROWS_MAX and len(rows) > 1
    return rows[:-1] if cut else rows


def rows_of(lines: Iterable[str], delimiter: str, quote: str) -> csv.reader:  # pyright: ignore[reportGeneralTypeIssues]
    """A csv reader of that dialect; no quoting if `quote` is empty."""
    csv.field_size_limit(CELL_CHARS_MAX)
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)


def _lines(text: str) -> list[str]:
    """Split at line ends only (splitlines also splits at form feeds and other marks)."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _single_quoted(text: str) -> bool:
    head = text[:100_000]
    edges = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", head, re.MULTILINE))
    return edges >= 4 and '"' not in head


def _width(rows: list[list[str]]) -> int:
    counts = Counter(map(len, rows[1:] or rows))
    return max(counts, key=lambda width: (counts[width], width))


def _score(rows: list[list[str]], delimiter: str, quote: str) -> tuple[float, float, int]:
    """Higher is likelier: one width, no stray quotes, then the less usual delimiter."""
    width = _width(rows)
    agreeing = sum(len(row) == width for row in rows) / len(rows)
    cells = [cell for row in rows for cell in row]
    stray = sum(quote in cell and not _balanced(cell, quote) for cell in cells) if quote else 0
    clean = 1 - stray / len(cells)
    if width < 2:
        return 0.1 * clean, 0.0, 0
    if not quote:
        clean *= 0.95  # a cut sample also has a quote left open
    return agreeing * clean * clean, float(delimiter in "\t;|"), width


def _balanced(cell: str, quote: str) -> bool:
    """A quote that is part of a value, like the inches in `5" pipe`, sits between other text."""
    return not cell.lstrip().startswith(quote) and not cell.rstrip().endswith(quote)


def _skip(rows: list[list[str]], width: int) -> int:
    """Rows of titles above the table: too short, and the table begins within ten rows."""
    for place, row in enumerate(rows[:10]):
        if len(row) >= width or (len(row) == width - 1 and width > 2 and place == 0):
            return place
    return 0


def _has_header(rows: list[list[str]], width: int) -> bool:
    """Whether the first row names the columns: no value in it, or values where years fit."""
    first, rest = rows[0], [row for row in rows[1:] if len(row) == width]
    if not rest:
        return not any(_is_value(cell) for cell in first)
    if len(first) != width:
        return True
    named, valued = 0, 0
    for place, cell in enumerate(first):
        below = [row[place] for row in rest if row[place].strip()]
        if not cell.strip():
            continue
        if _is_value(cell):
            valued += not (YEAR.fullmatch(cell.strip()) and not _all_years(below))
        elif below and sum(map(_is_value, below)) > 0.8 * len(below):
            named += 1
    return named > 0 or valued == 0


def _is_value(cell: str) -> bool:
    text = cell.strip()
    return bool(NUMBER.fullmatch(text) or DATE.fullmatch(text))


def _all_years(cells: list[str]) -> bool:
    return bool(cells) and all(YEAR.fullmatch(cell.strip()) for cell in cells)
