"""What a recipe hands over: queries, the numbers read from them, tests, charts, sentences.

A number is never typed: a `Figure` says which cell of which query it is and how it is written.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from core.data.grid import Grid

PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
DIGIT = re.compile(r"\d")
Style = Literal["number", "percent", "text", "date"]


class Query(BaseModel):
    """One statement over the landed tables; parameters are written into it, quoted."""

    sql: str
    title: str  # what it answers, for people: "Revenue by region, quarter 3 against quarter 4"
    grid: Grid


class Figure(BaseModel):
    """One value, by reference: the cell (`where`, `column`) of query number `query`."""

    label: str  # what it is, for people: "Revenue, North, 2025 Q4"
    query: int = Field(ge=0, description="Index into Outcome.queries")
    where: dict[str, Any] = Field(default_factory=dict, description="Key of the row; {} if one row")
    column: str
    style: Style = "number"
    unit: str = ""  # "USD", "orders", "pp"; percent needs none
    decimals: int | None = None  # None: three significant digits, integers in full
    scale: float = 1.0  # the value is multiplied by this before it is written, e.g. 100 for shares
    sign: bool = False  # write "+" before positive values
    absolute: bool = False  # write the size only: "fell by 12%"


class Test(BaseModel):
    """One comparison that was looked at, whatever it said. All of them are counted."""

    __test__ = False  # not a pytest class
    name: str  # stable within the recipe's outcome: "amount by region"
    method: str  # "Kruskal-Wallis", "Spearman", ...
    n: int  # rows (or clusters, periods) it rests on
    p: float = Field(ge=0, le=1)
    effect: float  # in `effect_kind` units, signed where that means something
    effect_kind: str  # "epsilon squared", "rho", "SD", "share of change"
    floor: float  # |effect| below this is not worth a slide, however small p is


class Chart(BaseModel):
    """A picture of one query: columns by name. Drawn by Plotly on pages, natively in PPTX."""

    kind: Literal["bar", "line", "scatter", "histogram", "waterfall"]
    title: str
    query: int
    x: str  # a column of the query; categories, dates or numbers
    y: list[str]  # one series a column
    unit: str = ""
    highlight: list[str] = Field(default_factory=list, description="x values (as text) in accent")
    alt: str = ""  # what a person who cannot see it should know, without numbers typed


class Finding(BaseModel):
    """A sentence the data may support. `{name}` in the texts is a figure or a name, never digits.

    `tests` names the tests it rests on; without any it is a description, not a discovery.
    """

    key: str  # stable within the outcome
    title: str  # the claim on the slide: "Revenue fell by {change}, most of it in {region}"
    details: list[str] = Field(default_factory=list)  # further sentences, same placeholders
    caveats: list[str] = Field(default_factory=list)  # same placeholders
    figures: dict[str, Figure] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)  # column and file names, written verbatim
    tests: list[str] = Field(default_factory=list)
    chart: Chart | None = None
    weight: float = 0.0  # 0..1, how much of the question's story it tells; orders slides

    @model_validator(mode="after")
    def _only_references(self) -> Finding:
        for text in (self.title, *self.details, *self.caveats):
            check_text(text, self.figures.keys() | self.names.keys())
        return self


class Outcome(BaseModel):
    """All that one run of a recipe says. Descriptions and discoveries alike; nothing hidden."""

    recipe: str
    params: dict[str, Any]
    queries: list[Query] = Field(default_factory=list)
    tests: list[Test] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)  # what was left out and why; no numbers typed


def check_text(text: str, known: set[str]) -> None:
    """`text` types no digit and refers only to `known` names. Raises ValueError."""
    missing = set(PLACE.findall(text)) - known
    if missing:
        raise ValueError(f"{text!r} refers to unknown {sorted(missing)!r}")
    if DIGIT.search(PLACE.sub("", text)):
        raise ValueError(f"{text!r} types a number; refer to a figure instead")
