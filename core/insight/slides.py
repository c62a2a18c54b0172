"""What a deck is made of: slides, queries, claims, receipts, sources. Data only.

A deck that types a number, or refers to what it does not hold, is not valid: it cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from core.data.landing import Landing, ReadOptions, Rejected
from core.errors import Invalid
from core.insight.claims import Claim
from core.insight.receipts import Receipt
from core.insight.render import check_sentence
from core.storage.blobs import Source
from core.tools.evidence import Chart, Grid

VERSION = 1
Kind = Literal["title", "summary", "finding", "description", "method", "appendix"]
SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", ".": "point", "|": "bar", '"': "double quote"}
HASH = r"^[0-9a-f]{64}$"


class Landed(BaseModel):
    """A file as the queries saw it. The same bytes and options give the same table."""

    name: str = Field(description="File name as it was given")
    table: str = Field(description="What queries call it")
    hash: str = Field(pattern=HASH, description="SHA-256 of the bytes")
    size_bytes: int = Field(default=0, ge=0)
    rows: int = Field(default=0, ge=0)
    columns: list[str] = Field(default_factory=list)
    options: ReadOptions = Field(default_factory=ReadOptions, description="How it was read")
    notes: list[str] = Field(default_factory=list)
    rejected: Rejected = Field(default_factory=Rejected, description="Rows that were set aside")

    @classmethod
    def of(cls, source: Source, table: str, landing: Landing) -> Landed:
        """What a deck keeps of a file that landed as `table`."""
        return cls(
            name=source.name,
            table=table,
            hash=source.hash,
            size_bytes=source.size_bytes,
            rows=landing.rows,
            columns=[column.name for column in landing.columns],
            options=landing.options,
            notes=landing.notes,
            rejected=landing.rejected,
        )


class Statement(BaseModel):
    """One query, and of its answer the rows that figures and charts show."""

    sql: str
    sql_hash: str
    title: str
    grid: Grid
    sources: list[str]  # hashes
    look: int


class Slide(BaseModel):
    """One slide. Texts hold [[claim id]] references, never digits; a title slide the question."""

    key: str
    kind: Kind
    title: str
    body: list[str] = Field(default_factory=list)
    caveats: list[str] = Field(default_factory=list)
    chart: Chart | None = None
    query: str | None = None  # the query that the chart draws
    receipt: Receipt | None = None
    look: int | None = None

    def texts(self) -> list[str]:
        """Every sentence that must rest on references."""
        head = [] if self.kind == "title" else [self.title]
        return [*head, *self.body, *self.caveats]


class LookTaken(BaseModel):
    """One run of a recipe: enough to run it again."""

    number: int
    family: str
    direct: bool
    recipe: str
    version: str
    params: dict[str, Any]


class Unsupported(BaseModel):
    """Something that was looked at and does not stand out from chance."""

    finding: str
    label: str
    q: float | None = None
    reason: str = ""


class Method(BaseModel):
    """How much was looked at, and why the run ended."""

    q_max: float = 0.01
    iterations: int = 0
    stopped: str | None = None  # "budget", "iterations", "cancelled" or a sentence; None: complete
    tests: dict[str, int] = Field(default_factory=dict, description="Comparisons by family")
    notes: list[str] = Field(default_factory=list, description="What was left out, and why")

    def counts(self) -> dict[str, float]:
        """What sentences may say about the method, by reference."""
        return {
            "method.tests": sum(self.tests.values()),
            "method.families": len(self.tests),
            "method.iterations": self.iterations,
            "method.q_max": self.q_max,
        }


class Deck(BaseModel):
    """A question, its answer, and everything needed to check every number again."""

    version: int = VERSION
    title: str
    question: str
    answer: list[str] = Field(default_factory=list)
    slides: list[Slide]
    queries: dict[str, Statement] = Field(default_factory=dict)
    claims: dict[str, Claim] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict, description="Names of columns and files")
    receipts: list[Receipt] = Field(default_factory=list)
    unsupported: list[Unsupported] = Field(default_factory=list)
    sources: list[Landed] = Field(default_factory=list)
    looks: list[LookTaken] = Field(default_factory=list)
    method: Method = Field(default_factory=Method)
    spend_nusd: int = 0
    tokens: int = 0
    created_at: datetime

    def grid(self, slide: Slide) -> Grid | None:
        """The rows that the slide's chart draws, or None."""
        return self.queries[slide.query].grid if slide.chart and slide.query else None

    @model_validator(mode="after")
    def _rests_on_evidence(self) -> Deck:
        known = self.claims.keys() | self.names.keys() | self.method.counts().keys()
        for text in [*self.answer, *(text for slide in self.slides for text in slide.texts())]:
            try:
                check_sentence(text, known)
            except Invalid as error:
                raise ValueError(str(error)) from error
        for id, claim in self.claims.items():
            if claim.id != id or claim.evidence.query not in self.queries:
                raise ValueError(f"claim {id!r} has no query")
        for slide in self.slides:
            if slide.chart and slide.query not in self.queries:
                raise ValueError(f"the chart of slide {slide.key!r} has no query")
        return self


def listed(names: Sequence[object], most: int = 40) -> str:
    """Names in one line; of many, the first ones."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(str(name) for name in names[:most]) + more


def read_with(source: Landed) -> list[tuple[str, str]]:
    """The reading options that were in force, named for people."""
    chosen = source.options.model_dump(exclude_none=True)
    return [
        (name.replace("_", " "), listed(value, 12) if isinstance(value, list) else _said(value))
        for name, value in chosen.items()
        if value not in ("", [])
    ]


def _said(value: object) -> str:
    """An option's value; signs by their names."""
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return SIGNS.get(text, text)
