"""Where a change sits: the segment, and the segment inside it, that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, prod

import numpy as np

SHARE_MIN = 0.5  # of the change, at the first cut
INSIDE_MIN = 0.7  # of the slice's change, at each further cut
LIFT_MIN = 2.0  # odds of the change against the odds of size
OPPOSITE_MIN = 0.1
DEPTH_MAX = 3


@dataclass(frozen=True)
class Slice:
    """Rows of one segment of each dimension named; `change` is their part of the whole."""

    path: dict[str, int]  # dimension -> level
    rows: np.ndarray
    change: float
    tried: int  # slices of this depth that could have been named instead


def weights(
    values: np.ndarray, current: np.ndarray, before: np.ndarray, *, total: bool
) -> np.ndarray:
    """What each row adds to the change; they sum to it exactly, in totals and in averages."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    if total:
        return filled * (current.astype(float) - before)
    now, then = known & current, known & before
    if not now.any() or not then.any():
        return np.zeros(len(values))
    usual = filled[then].mean()
    return (filled - usual) * (now / now.sum() - then / then.sum())


def carrier(parts: np.ndarray, size: np.ndarray, dimensions: dict[str, np.ndarray]) -> Slice | None:
    """The slice that carries the change far beyond its size; None if it is spread evenly.

    `parts` are `weights`, `size` what each row had in the period before.
    """
    return _descend(parts, size, dimensions, float(np.sign(parts.sum())), SHARE_MIN)


def opponent(
    parts: np.ndarray, size: np.ndarray, dimensions: dict[str, np.ndarray]
) -> Slice | None:
    """The slice that moved most against the change; None if none moved much."""
    return _descend(parts, size, dimensions, -float(np.sign(parts.sum())), OPPOSITE_MIN)


def _descend(
    parts: np.ndarray,
    size: np.ndarray,
    dimensions: dict[str, np.ndarray],
    sign: float,
    least: float,
) -> Slice | None:
    rows = np.ones(len(parts), dtype=bool)
    path: dict[str, int] = {}
    goal = abs(parts.sum())
    while len(path) < DEPTH_MAX and sign:
        left = {name: codes for name, codes in dimensions.items() if name not in path}
        found = _sharpest(parts, size, left, rows, sign)
        if found is None:
            break
        name, level, amount, lift = found
        share = amount / goal if goal else 0.0
        if share < (INSIDE_MIN if path else least) or lift < LIFT_MIN:
            break
        path[name] = level
        rows &= dimensions[name] == level
        goal = amount
    if not path:
        return None
    sizes = prod(int(dimensions[name].max()) + 1 for name in path)
    tried = sizes * comb(max(len(dimensions), len(path)), len(path))
    return Slice(path, rows, float(parts[rows].sum()), tried)


def _sharpest(
    parts: np.ndarray,
    size: np.ndarray,
    dimensions: dict[str, np.ndarray],
    rows: np.ndarray,
    sign: float,
) -> tuple[str, int, float, float] | None:
    """Dimension, level, amount and lift of the cut whose share most exceeds its size's."""
    best: tuple[float, str, int, float, float] | None = None
    whole, base = sign * parts[rows].sum(), size[rows].sum()
    for name, codes in dimensions.items():
        amounts = sign * np.bincount(codes[rows], weights=parts[rows])
        sizes = np.bincount(codes[rows], weights=size[rows])
        if (sizes > 0).sum() + ((sizes <= 0) & (amounts != 0)).sum() < 2:
            continue
        level = int(amounts.argmax())
        amount, due = float(amounts[level]), float(sizes[level] / base) if base > 0 else 0.0
        share = amount / max(whole, 1e-300) if whole > 0 else np.inf
        gain = amount - due * max(whole, 0.0)
        lift = _odds(share) / max(_odds(due), 1e-12)
        if best is None or gain > best[0]:
            best = (gain, name, level, amount, lift)
    return best[1:] if best else None


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else 1e12
