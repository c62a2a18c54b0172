"""Why an hour cost more than usual: volume x tokens per call x price x caches, exact to the nusd.

Each group of calls is split by logarithmic means (LMDI): its cost is a product of factors, and the
parts of its change add up to the change. Groups add up to the whole. Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

FACTORS = ("volume", "tokens", "price", "cache")
BY = ("person", "operation", "model", "prompt")


class Line(NamedTuple):
    """What equal calls of one hour used together. `saved` is what prompt caches took off."""

    hour: str  # "2026-11-20 13"
    person: str
    operation: str
    model: str
    prompt: str  # the hash of its template
    kind: str  # model, image, search ...
    calls: int  # answers, whether a model gave them or the response cache
    paid: int  # those a model gave
    tokens: int  # of the paid ones; units where it is no text
    cost_nusd: int
    saved_nusd: int = 0


@dataclass(frozen=True)
class Cause:
    """Why `now_nusd` is not `usual_nusd`. `parts` and every list of `by` add up to the change."""

    now_nusd: int
    usual_nusd: int
    parts: dict[str, int]  # factor -> nano-dollars
    by: dict[str, list[tuple[str, int]]]  # "model" -> [("openai/gpt-5", nano-dollars), ...]
    times: dict[str, float] = field(default_factory=dict)  # factor -> now / usual, where known

    @property
    def delta_nusd(self) -> int:
        """The change."""
        return self.now_nusd - self.usual_nusd

    @property
    def first(self) -> str:
        """The factor that explains most of it."""
        return max(self.parts, key=lambda name: self.parts[name])


class _Sums(NamedTuple):
    """A group's sums in an average hour; parts of a call are possible."""

    calls: float
    paid: float
    tokens: float
    cost: float
    saved: float


def cause(now: Iterable[Line], usual: Iterable[Line], hours: int) -> Cause:
    """Why the lines of `now` cost what they do, when `usual` are those of `hours` usual hours."""
    lines, before = list(now), list(usual)
    keys = {_group(line) for line in (*lines, *before)}
    parts: dict[str, int] = dict.fromkeys(FACTORS, 0)
    usual_nusd = 0
    for key in sorted(keys):
        mine = [line for line in lines if _group(line) == key]
        then = [line for line in before if _group(line) == key]
        old = round_half(sum(line.cost_nusd for line in then), hours)
        usual_nusd += old
        change = sum(line.cost_nusd for line in mine) - old
        for name, part in split(_sums(mine, 1), _sums(then, hours), change).items():
            parts[name] += part
    whole, past = _sums(lines, 1), _sums(before, hours)
    delta = sum(line.cost_nusd for line in lines) - usual_nusd
    return Cause(
        usual_nusd + delta,
        usual_nusd,
        parts,
        {name: _members(name, lines, before, hours, delta) for name in BY},
        _times(whole, past),
    )


def split(now: _Sums, usual: _Sums, delta: int) -> dict[str, int]:
    """`delta` as whole nano-dollars by factor; they add up to it exactly."""
    new, old = _factors(now), _factors(usual)
    parts: dict[str, int] = dict.fromkeys(FACTORS, 0)
    if min(*new.values(), *old.values()) <= 0:
        # A product that was or is nothing: the factor that is nothing explains all of it.
        nothing = [name for name in ZERO_FIRST if min(new[name], old[name]) <= 0]
        parts[nothing[0]] = delta
        return parts
    ratio = math.log(now.cost / usual.cost)
    mean = now.cost if abs(ratio) < 1e-9 else (now.cost - usual.cost) / ratio
    for name in FACTORS:
        parts[name] = round(mean * math.log(new[name] / old[name]))
    largest = max(FACTORS, key=lambda name: abs(parts[name]))
    parts[largest] += delta - sum(parts.values())  # rounding, and what a float cannot hold
    return parts


def round_half(total: int, hours: int) -> int:
    """The whole number nearest to total / hours, without floats."""
    return (2 * total + hours) // (2 * hours)


ZERO_FIRST = ("volume", "cache", "tokens", "price")


def _factors(sums: _Sums) -> dict[str, float]:
    """Their product is the cost. What cannot be told apart is 1, and belongs to its neighbour."""
    if not sums.calls:
        return {"volume": 0.0, "tokens": 1.0, "price": 1.0, "cache": 1.0}
    if not sums.paid:
        return {"volume": sums.calls, "tokens": 1.0, "price": 1.0, "cache": 0.0}
    full = sums.cost + max(0.0, sums.saved)  # what it would have cost without prompt caches
    tokens = sums.tokens / sums.paid or 1.0
    price = full / sums.paid / tokens
    kept = sums.cost / full if full else 1.0
    return {
        "volume": sums.calls,
        "tokens": tokens,
        "price": price,
        "cache": sums.paid / sums.calls * kept,
    }


def _times(now: _Sums, usual: _Sums) -> dict[str, float]:
    """How many times its usual value each factor has, over all groups together."""
    new, old = _factors(now), _factors(usual)
    return {name: new[name] / old[name] for name in FACTORS if old[name] > 0}


def _members(
    name: str, now: Sequence[Line], usual: Sequence[Line], hours: int, delta: int
) -> list[tuple[str, int]]:
    """(member, its share of the change in nano-dollars), the largest first; they add up."""
    read: Callable[[Line], str] = attrgetter(name)
    new: dict[str, int] = defaultdict(int)
    old: dict[str, int] = defaultdict(int)
    for line in now:
        new[read(line)] += line.cost_nusd
    for line in usual:
        old[read(line)] += line.cost_nusd
    changes = {key: new[key] - round_half(old[key], hours) for key in sorted({*new, *old})}
    if changes:
        largest = max(changes, key=lambda key: abs(changes[key]))
        changes[largest] += delta - sum(changes.values())
    return sorted(changes.items(), key=lambda pair: -pair[1])


def _group(line: Line) -> tuple[str, str, str]:
    return line.person, line.operation, line.kind


def _sums(lines: Sequence[Line], hours: int) -> _Sums:
    rows = ((line.calls, line.paid, line.tokens, line.cost_nusd, line.saved_nusd) for line in lines)
    columns = list(zip(*rows, strict=True)) or [(0,)] * 5
    return _Sums(*(sum(column) / hours for column in columns))
