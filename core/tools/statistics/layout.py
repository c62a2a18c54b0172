"""Which rows of a table may depend on each other: neighbours, dates, entities, stretches."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

UNITS_MIN = 30  # blocks of this number or more give a steady variance
COARSE = (16, 8)  # fewer blocks count only when they show dependence


@dataclass(frozen=True)
class Groups:
    """Rows x one group number; rows of one group may depend on each other."""

    name: str
    codes: np.ndarray
    count: int
    binding: bool = False  # what is constant inside these groups has only them as its sample


@dataclass(frozen=True)
class Layout:
    """The orders rows stand in and the groups they fall in. `None` is the order of the file."""

    n: int
    orders: list[np.ndarray] = field(default_factory=list)  # each a permutation of the rows
    groups: list[Groups] = field(default_factory=list)
    firm: bool = False  # memory was seen, so even a few blocks that differ are believed

    def keep(self, mask: np.ndarray) -> Layout:
        """The layout of the rows where `mask` is true."""
        if mask.all():
            return self
        place = np.cumsum(mask) - 1
        orders = [place[order[mask[order]]] for order in self.orders]
        groups = [grouped(item.name, item.codes[mask], item.binding) for item in self.groups]
        return Layout(int(mask.sum()), orders, groups, self.firm)

    def plus(self, groups: list[Groups]) -> Layout:
        """The same rows with more groups."""
        more = Layout(self.n, self.orders, [*self.groups, *groups], self.firm)
        more.__dict__["blocks"] = self.blocks
        return more

    @cached_property
    def blocks(self) -> list[Groups]:
        """Neighbours in each order, at each size."""
        return [_blocks(order, size) for order in self.orders for size in block_sizes(self.n)]

    def units(self) -> list[Groups]:
        """Every grouping to try: blocks of neighbours, then groups."""
        return self.blocks + self.groups


def block_sizes(n: int) -> list[int]:
    """Rows a block: from four up to UNITS_MIN blocks in factors of three, then coarse ones."""
    sizes = []
    size = 4
    while n // size >= UNITS_MIN:
        sizes.append(size)
        size *= 3
    sizes.append(n // UNITS_MIN)
    sizes.extend(n // count for count in COARSE)
    return sorted({size for size in sizes if size > 1})


def grouped(name: str, codes: np.ndarray, binding: bool = False) -> Groups:
    """Groups numbered from 0 without gaps."""
    found, dense = np.unique(codes, return_inverse=True)
    return Groups(name, dense.reshape(-1), len(found), binding)


def runs(codes: np.ndarray) -> np.ndarray:
    """The number of the stretch of equal neighbours that each row lies in."""
    change = np.empty(len(codes), dtype=np.int64)
    change[:1] = 0
    change[1:] = codes[1:] != codes[:-1]
    return np.cumsum(change)


def stretched(codes: np.ndarray) -> Groups | None:
    """Stretches of equal neighbours as groups, if the rows are clearly not in random order."""
    n = len(codes)
    stretch = runs(codes)
    count = int(stretch[-1]) + 1 if n else 0
    share = np.unique(codes, return_counts=True)[1] / max(n, 1)
    expected = 1 + (n - 1) * (1 - (share**2).sum())
    if count < 2 or count > 0.5 * expected:
        return None
    return Groups("stretches", stretch, count)


def _blocks(order: np.ndarray, size: int) -> Groups:
    codes = np.empty(len(order), dtype=np.int64)
    codes[order] = np.arange(len(order)) // size
    return Groups(f"blocks of {size}", codes, int(np.ceil(len(order) / size)))
