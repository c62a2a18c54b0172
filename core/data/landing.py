"""What a landed file says about itself: how it was read, what was set aside, what is in doubt."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Format = Literal["csv", "json", "jsonl", "parquet"]
SIGN = r"^[^\r\n\x00\x80-\U0010ffff]?$"  # one ASCII character or none
ROWS_SHOWN = 20  # examples of rows that were set aside
NULLS = (
    *("na", "n/a", "#n/a", "#na", "null", "none", "nil", "nan", "-nan", "<na>", "\\n", "(null)"),
    *("-", "--", ".", "..", "?", "#value!", "#ref!", "#div/0!", "#null!", "#name?", "missing"),
)


class ReadOptions(BaseModel):
    """How to read a file. None is found out; `Landing.options` has no None left."""

    format: Format | None = None
    encoding: str | None = None  # "utf-8", "cp1252", ...; "utf-8+cp1252": line by line
    delimiter: str | None = Field(default=None, pattern=SIGN, max_length=1)
    quote: str | None = Field(
        default=None, pattern=SIGN, description='"" if nothing is quoted', max_length=1
    )
    skip: int | None = Field(default=None, ge=0, description="Rows before the header")
    header: bool | None = None
    decimal: Literal[".", ","] | None = None  # where the values themselves leave it open
    thousands: str | None = None
    date_order: Literal["ymd", "dmy", "mdy"] | None = None  # likewise
    nulls: list[str] | None = None  # cells of numbers, dates that mean missing; lower case


class Doubt(BaseModel):
    """A question only a person can answer: set `field` of ReadOptions to a choice, land again."""

    field: Literal["date_order", "decimal"]
    column: str
    choices: list[str]
    example: str  # a cell that reads either way
    question: str  # for people


class LandedColumn(BaseModel):
    """A column as it is called in the table, and as it was called in the file."""

    name: str
    original: str
    type: str  # BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP or VARCHAR


class RejectedRow(BaseModel):
    """A row that did not fit. `row` counts the file's rows from 1, the header included."""

    row: int
    text: str
    reason: str


class Rejected(BaseModel):
    """Rows that were set aside."""

    count: int = 0
    examples: list[RejectedRow] = Field(default_factory=list)

    def add(self, row: int, text: str, reason: str) -> None:
        """One more row is counted; the first few are kept."""
        self.count += 1
        if len(self.examples) < ROWS_SHOWN:
            self.examples.append(RejectedRow(row=row, text=text[:500], reason=reason))


class Landing(BaseModel):
    """A file that is now a table: what is in it and how it was read."""

    rows: int
    columns: list[LandedColumn]
    options: ReadOptions
    notes: list[str] = Field(default_factory=list)  # for people
    rejected: Rejected = Field(default_factory=Rejected)
    questions: list[Doubt] = Field(default_factory=list)
