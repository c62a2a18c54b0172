"""What each reference is about: its measure, its members, its periods, from what its step recorded.

A number is read from one cell, so its label and the names in its row say what it is of; the text of
its query says which columns it was computed from, and what the rows were filtered by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.data.grid import Grid
from core.insight.claims import Claim
from core.insight.talk.standing import Standing
from core.insight.talk.times import PERIOD, all_marks, exactly, marks
from core.insight.talk.vocabulary import MEASURE, Vocabulary, plain

NAME_IN_SQL = re.compile(r'"((?:[^"]|"")+)"')
TEXT_IN_SQL = re.compile(r"'((?:[^']|'')*)'")
AGGREGATE = re.compile(r"\b(total|average|median)\b")
CALLS = {
    "total": re.compile(r"\b(f?sum|count)\(", re.IGNORECASE),
    "average": re.compile(r"\bf?avg\(", re.IGNORECASE),
    "median": re.compile(r"\b(median|quantile_cont)\(", re.IGNORECASE),
}
MEASURES_MAX = 2  # a query over more measures does not say which of them a number is of


@dataclass(frozen=True)
class Subject:
    """What a reference stands for, as its recipe recorded it."""

    text: str  # as it is written
    is_name: bool  # it puts a name or a date there, not a number
    label: str = ""
    row: tuple[str, ...] = ()  # the names and dates in its row
    columns: frozenset[str] = frozenset()  # folded, of its query
    filters: tuple[str, ...] = ()  # texts that its query compares with
    aggregates: frozenset[str] = frozenset()  # "total", "average", "median"
    stands: tuple[Standing, ...] = ()  # its value among the others of its column


@dataclass(frozen=True)
class Reading:
    """A subject, read with the words of the data."""

    subject: Subject
    words: Vocabulary

    @cached_property
    def own(self) -> Mapping[str, frozenset[str]]:
        """Kind -> what the value is of: a dimension's members, measures, marks of periods."""
        found = self._names(self.subject.row)
        found |= self._names([self.subject.label])  # a label is nearer than the rest of its row
        if not self.subject.label and self.subject.is_name:
            found |= self._names([self.subject.text])
        read = {noun for kind, noun in self._measures if kind == MEASURE}
        if read and len(read) <= MEASURES_MAX:
            found[MEASURE] = found.get(MEASURE, frozenset()) | read
        at = marks(self.subject.label) or all_marks(self.subject.row)
        return found | ({PERIOD: at} if at else {})

    @cached_property
    def named(self) -> Mapping[str, frozenset[str]]:
        """Kind -> what the reference itself writes into the sentence, if it writes a name."""
        if not self.subject.is_name:
            return {}
        at = exactly(self.subject.text)
        return self._names([self.subject.text]) | ({PERIOD: at} if at else {})

    @cached_property
    def covers(self) -> Mapping[str, frozenset[str]]:
        """Kind -> what a sentence with this reference may speak of."""
        subject = self.subject
        texts = [subject.text] if subject.is_name else []
        texts += [subject.label, *subject.row, *subject.filters]
        found = dict(self.own)
        for kind, names in self._names(texts).items():
            found[kind] = found.get(kind, frozenset()) | names
        at = found.get(PERIOD, frozenset()) | all_marks(texts)
        return found | ({PERIOD: at} if at else {})

    @cached_property
    def _measures(self) -> frozenset[tuple[str, str]]:
        made = (self.words.names.get(tuple(name.split()), set()) for name in self.subject.columns)
        return frozenset(noun for nouns in made for noun in nouns)

    def _names(self, texts: Sequence[str]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for text in texts:
            for kind, name in self.words.nouns(text):
                found[kind] = found.get(kind, frozenset()) | {name}
        return found


def subject_of(claim: Claim, grid: Grid, sql: str, stands: tuple[Standing, ...] = ()) -> Subject:
    """What a claim is about, from its own label, its row, and the query that made it."""
    how = claim.evidence
    at = [grid.columns.index(name) for name in how.where if name in grid.columns]
    wanted = [how.where[grid.columns[place]] for place in at]
    rows = [row for row in grid.rows if [row[place] for place in at] == wanted]
    cells = [str(cell) for cell in (rows[0] if len(rows) == 1 else []) if not _is_number(cell)]
    return Subject(
        text=claim.text,
        is_name=how.style in ("text", "date"),
        label=claim.label,
        row=tuple(cells),
        columns=frozenset(map(_folded, NAME_IN_SQL.findall(sql))),
        filters=tuple(text.replace("''", "'") for text in TEXT_IN_SQL.findall(sql)),
        aggregates=_aggregates(claim.label, sql),
        stands=stands,
    )


def name_of(text: str) -> Subject:
    """What the name of a column or a file is about: itself."""
    return Subject(text=text, is_name=True)


def _aggregates(label: str, sql: str) -> frozenset[str]:
    """What the label says it is; where it does not say, what the query computes."""
    told = frozenset(AGGREGATE.findall(label.casefold()))
    return told or frozenset(name for name, calls in CALLS.items() if calls.search(sql))


def _is_number(cell: object) -> bool:
    return cell is None or isinstance(cell, bool | int | float)


def _folded(name: str) -> str:
    return plain(name.replace('""', '"'))
