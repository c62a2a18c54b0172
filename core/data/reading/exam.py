"""Columns of text are counted: how many cells are numbers, dates, codes; in a few scans."""

# ruff: noqa: S608 - names and values are quoted

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.reading import patterns
from core.data.reading.patterns import matches
from core.data.tables import literal

if TYPE_CHECKING:
    import duckdb

CHUNK_COLUMNS = 500
Counts = dict[str, Any]


@dataclass
class Exam:
    """What is known about one column of text."""

    field: str  # expression of the raw cell
    name: str
    counts: Counts = dataclasses.field(default_factory=dict)

    @property
    def cell(self) -> str:
        """The cell without spaces around it; NULL if nothing is left."""
        return _trimmed(self.field)

    @property
    def filled(self) -> int:
        """Cells that hold a value, those that only say "missing" left out."""
        return self.counts["total"] - self.counts["missing"]

    def all(self, *names: str) -> bool:
        """Whether every filled cell is one of these."""
        return 0 < self.filled == sum(self.counts[name] for name in names)

    def most(self, name: str) -> bool:
        """Whether at least 99 of 100 filled cells are, and at most one in a hundred is not."""
        return self.filled > 0 and self.counts[name] >= 0.99 * self.filled


class Examiner:
    """Counts over one relation."""

    def __init__(self, con: duckdb.DuckDBPyConnection, relation: str, nulls: Sequence[str]) -> None:
        self.con, self.relation = con, relation
        self.nulls = ", ".join(literal(word) for word in nulls) or "''"

    def first(self, exams: list[Exam]) -> None:
        """`counts` of every column hold the plain kinds."""
        self._count(exams, self._plain)

    def numbers(self, exams: list[Exam]) -> None:
        """`counts` hold the amounts with each decimal mark, currencies, percents."""
        self._count(exams, self._amounts)

    def dates(self, exams: list[Exam]) -> None:
        """`counts` hold the days that exist in each order."""
        self._count(exams, self._days)

    def misfits(self, exam: Exam, fits: str, most: int = 3) -> list[str]:
        """A few of the cells that are not `fits`, in no promised order but always the same."""
        found = self.con.execute(
            f"SELECT DISTINCT left(v, 40) FROM (SELECT {exam.cell} AS v FROM {self.relation})"
            f" WHERE v IS NOT NULL AND NOT ({fits}) AND lower(v) NOT IN ({self.nulls})"
            f" ORDER BY 1 LIMIT {most}"
        ).fetchall()
        return [row[0] for row in found]

    def example(self, exam: Exam, fits: str) -> str:
        """The smallest cell for which `fits` holds."""
        [(value,)] = self.con.execute(
            f"SELECT min(left(v, 60)) FROM (SELECT {exam.cell} AS v FROM {self.relation})"
            f" WHERE {fits}"
        ).fetchall()
        return value or ""

    def _count(self, exams: list[Exam], counted: Callable[[str], dict[str, str]]) -> None:
        """One grouped scan for many columns: the engine plans wide selections very slowly."""
        wanted = counted("v")
        sums = ", ".join(wanted.values())
        for chunk in _chunks(exams):
            fields = ", ".join(f"({exam.field})::VARCHAR" for exam in chunk)
            cells = f"SELECT unnest([{fields}]) AS v, unnest(range({len(chunk)})) AS i"
            trimmed = f"SELECT i, {_trimmed('v')} AS v FROM ({cells} FROM {self.relation})"
            rows = self.con.execute(f"SELECT i, {sums} FROM ({trimmed}) GROUP BY i").fetchall()
            found = {row[0]: row[1:] for row in rows}
            for place, exam in enumerate(chunk):
                values = found.get(place, (0,) * len(wanted))
                counts = (value or 0 for value in values)  # nothing counted is NULL
                exam.counts.update(zip(wanted, counts, strict=True))

    def _plain(self, cell: str) -> dict[str, str]:
        whole = matches(cell, patterns.WHOLE)
        date = f"{patterns.YEAR_FIRST}|{patterns.YEAR_LAST}|{patterns.YEAR_SHORT}"
        return {
            "total": f"count({cell})",
            "missing": f"count_if(lower({cell}) IN ({self.nulls}))",
            "plain": f"count_if({matches(cell, patterns.PLAIN)})",
            "whole": f"count_if({whole})",
            "grouped": f"count_if({matches(cell, patterns.GROUPED)})",
            "huge": f"count_if({whole} AND TRY_CAST({cell} AS BIGINT) IS NULL)",
            "code": f"count_if({matches(cell, patterns.CODE)})",
            "endless": f"count_if({matches(cell, patterns.ENDLESS)})",
            "boolean": f"count_if(lower({cell}) IN ('true', 'false'))",
            "date": f"count_if({matches(cell, date)})",
            "named": f"count_if({matches(cell, patterns.NAMED)})",
            "distinct": f"approx_count_distinct({cell})",
        }

    def _amounts(self, cell: str) -> dict[str, str]:
        dot, comma = matches(cell, patterns.number(".")), matches(cell, patterns.number(","))
        code = f"regexp_extract({cell}, {literal(patterns.CURRENCY)})"
        return {
            "dot": f"count_if({dot})",
            "comma": f"count_if({comma})",
            "dot_only": f"count_if({dot} AND NOT {comma})",
            "comma_only": f"count_if({comma} AND NOT {dot})",
            "dot_fraction": f"count_if({matches(cell, patterns.number('.', fraction=True))})",
            "comma_fraction": f"count_if({matches(cell, patterns.number(',', fraction=True))})",
            "percent": f"count_if(contains({cell}, '%') AND ({dot} OR {comma}))",
            "currencies": f"count(DISTINCT nullif(CASE WHEN {dot} OR {comma} THEN {code} END, ''))",
            "currency": f"min(nullif(CASE WHEN {dot} OR {comma} THEN {code} END, ''))",
        }

    def _days(self, cell: str) -> dict[str, str]:
        counted = {"offset": f"count_if({matches(cell, patterns.OFFSET)})"}
        for order in ("ymd", "dmy", "mdy", "named"):
            fits = matches(cell, patterns.pattern_of(order))
            moment = patterns.moment(cell, order, offset=False)
            counted[order] = f"count(CASE WHEN {fits} THEN {moment} END)"
        counted["clock"] = f"count_if(contains({cell}, ':'))"
        last = matches(cell, patterns.pattern_of("dmy"))
        counted["dotted"] = (
            f"count_if({last} AND contains({cell}, '.') AND NOT {cell} ~ '.*[-/].*')"
        )
        return counted


def _trimmed(field: str) -> str:
    return f"nullif(trim({field}, {patterns.SPACES}), '')"


def _chunks(exams: list[Exam]) -> Iterator[list[Exam]]:
    for start in range(0, len(exams), CHUNK_COLUMNS):
        yield exams[start : start + CHUNK_COLUMNS]
