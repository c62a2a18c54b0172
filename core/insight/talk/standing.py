"""Where the value of a reference stands among the others of its column, as its query answered.

Levels are ranked as they are; changes by their size, among all or among those of the same sign:
of changes by -8, -3 and +5, -8 is the largest fall and +5 the largest rise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.grid import Grid
from core.tools.evidence import Figure

LIMIT = re.compile(r"\bLIMIT\s+(\d+)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Standing:
    """One row's value in one column. A name has one of these for each column that is told of."""

    query: str  # of the look, and its place there
    column: str
    row: int
    values: tuple[float | None, ...]  # of the column, by row
    unit: str = ""
    is_change: bool = False  # written with a sign, or as a size: so much more or less
    is_size: bool = False  # written without the sign it has
    is_cut: bool = False  # the query keeps the first rows only

    @property
    def value(self) -> float | None:
        """The value as it is written."""
        value = self.values[self.row]
        return abs(value) if value is not None and self.is_size else value

    @property
    def is_ranked(self) -> bool:
        """There are others to compare with."""
        return self.value is not None and sum(value is not None for value in self.values) > 1

    def is_at(self, place: int, *, top: bool, sized: bool) -> bool:
        """Whether the value is this far (from one) from the top, or from the bottom."""
        return any(
            above < place <= above + level for above, level in self._places(top=top, sized=sized)
        )

    def is_among(self, *, top: bool, sized: bool) -> bool:
        """Whether the value is in the upper half, or in the lower."""
        half = sum(value is not None for value in self.values) / 2
        return any(above < half for above, _ in self._places(top=top, sized=sized))

    def _places(self, *, top: bool, sized: bool) -> list[tuple[int, int]]:
        """How many come before it and how many share its place, in each order that counts."""
        own = self.values[self.row]
        if own is None or (self.is_cut and not self._kept(top=top)):
            return []
        known = [value for value in self.values if value is not None]
        orders = [(own, known)]
        if self.is_size or (sized and self.is_change):
            alike = [abs(value) for value in known if value * own > 0]
            orders = [(abs(own), [abs(value) for value in known])]
            orders += [(abs(own), alike)] if top or len(alike) > 1 else []
        return [
            (sum(one > mine if top else one < mine for one in order), order.count(mine))
            for mine, order in orders
        ]

    def _kept(self, *, top: bool) -> bool:
        """Whether the rows that were left out lie at the other end: the others run towards it."""
        known = [value for value in self.values if value is not None]
        return known == sorted(known, reverse=top)


def standings(
    figure: Figure, query: str, grid: Grid, sql: str, told: Sequence[Figure]
) -> tuple[Standing, ...]:
    """Where the figure's row stands in the column it is read from.

    A name is read from no column of numbers; it stands in those that others of its query (`told`)
    are read from.
    """
    wanted = [(grid.columns.index(name), value) for name, value in figure.where.items()]
    rows = [
        at
        for at, row in enumerate(grid.rows)
        if all(row[place] == value for place, value in wanted)
    ]
    if len(rows) != 1:
        return ()
    limit = LIMIT.search(sql)
    is_cut = grid.truncated or bool(limit and len(grid.rows) >= int(limit[1]))
    numbers = [figure] if is_number(figure) else [one for one in told if is_number(one)]
    made = {
        one.column: Standing(
            query=query,
            column=one.column,
            row=rows[0],
            values=tuple(_number(row[grid.columns.index(one.column)]) for row in grid.rows),
            unit=f"{one.style} {one.unit}",
            is_change=one.sign or one.absolute,
            is_size=one.absolute,
            is_cut=is_cut,
        )
        for one in numbers
    }
    return tuple(one for one in made.values() if is_number(figure) or one.is_ranked)


def is_number(figure: Figure) -> bool:
    """The figure is no name and no date."""
    return figure.style not in ("text", "date")


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return cell
