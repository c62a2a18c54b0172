"""A recipe's working sheet: queries asked, tests counted, findings written; at last an Outcome."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from core.data.tables import Tables
from core.tools.evidence import Chart, Figure, Finding, Outcome, Query, Test
from core.tools.statistics.association import Verdict

PENDING_P = 0.05  # a sweep writes a sentence only below it: no q can be lower than its p
UNITS = {"usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "kg": "kg", "km": "km"}


class Sheet:
    """Everything one run of a recipe looked at, in order."""

    def __init__(self, recipe: str, params: BaseModel, tables: Tables) -> None:
        self._tables = tables
        self._outcome = Outcome(recipe=recipe, params=params.model_dump())

    def ask(self, title: str, sql: str, *, rows_max: int = 2_000) -> int:
        """The number of the query, after it was run and kept."""
        grid = self._tables.query(sql, rows_max=rows_max)
        self._outcome.queries.append(Query(sql=sql, title=title, grid=grid))
        return len(self._outcome.queries) - 1

    def cell(self, query: int, column: str, where: dict[str, Any] | None = None) -> Any:
        """One value of a query that was asked."""
        return self._outcome.queries[query].grid.cell(where or {}, column)

    def rows(self, query: int) -> list[dict[str, Any]]:
        """The rows of a query that was asked, by column."""
        grid = self._outcome.queries[query].grid
        return [dict(zip(grid.columns, row, strict=True)) for row in grid.rows]

    def test(self, name: str, method: str, verdict: Verdict, kind: str, floor: float) -> str:
        """The test's name, after it was counted."""
        self._outcome.tests.append(
            Test(
                name=name,
                method=method,
                n=verdict.n,
                p=min(1.0, max(0.0, verdict.p)),
                effect=verdict.effect,
                effect_kind=kind,
                floor=floor,
            )
        )
        return name

    def finding(self, key: str, title: str, **parts: Any) -> Finding:
        """The finding, after it was written down. Raises ValueError when a text types a number."""
        found = Finding(key=key, title=title, **parts)
        self._outcome.findings.append(found)
        return found

    def note(self, text: str) -> None:
        """What was left out and why, for people."""
        if text not in self._outcome.notes:
            self._outcome.notes.append(text)

    def outcome(self) -> Outcome:
        """All of it."""
        return self._outcome


def figure(label: str, query: int, column: str, **parts: Any) -> Figure:
    """A reference to one cell; `where` picks the row."""
    return Figure(label=label, query=query, column=column, **parts)


def bar(
    title: str, query: int, x: str, y: str, highlight: list[str] | None = None, **parts: Any
) -> Chart:
    """Bars of `y` over the categories in `x`."""
    return Chart(
        kind="bar", title=title, query=query, x=x, y=[y], highlight=highlight or [], **parts
    )


def spoken(name: str) -> str:
    """A column name as people say it inside a sentence."""
    return " ".join(name.replace("_", " ").split()) or name


def opening(name: str) -> str:
    """A column name as it opens a sentence."""
    words = spoken(name)
    return words[:1].upper() + words[1:]


def unit_of(name: str) -> str:
    """The unit a column's name ends with, or nothing."""
    return UNITS.get(spoken(name).lower().rsplit(" ", 1)[-1], "")


def key_of(*names: str) -> str:
    """Names as a finding's key: lower-case words joined by underscores."""
    text = "_".join(names).lower()
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text).strip("_")[:80] or "x"
