"""Names and numbers of a sentence in order: whether each number can belong to a name it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

Names = frozenset[str]
NOTHING: Names = frozenset()


@dataclass(frozen=True)
class Event:
    """A name, or a number with the names it is of; `place` counts words from the left."""

    place: int
    names: Names
    is_number: bool


def fits(events: Sequence[Event], *, back: bool = False) -> bool:
    """Whether names and numbers go together in at least one way that the sentence can be read.

    Each number may belong to the name before it, each to the name after it, each to the nearest,
    or the first to the first and so on (`back`: or the first to the last). So of two names and
    their numbers, one cannot take the place of the other.
    """
    numbers = [one for one in events if one.is_number]
    named = [one for one in events if not one.is_number]
    if not named or not numbers:
        return True
    told = NOTHING.union(*(one.names for one in numbers))
    names = [one for one in named if one.names & told] or named  # the others have no number here
    known = NOTHING.union(*(one.names for one in names))
    if all(one.names & known for one in numbers):
        return (
            _each(numbers, names)
            or _in_turn(numbers, names)
            or (back and _in_turn(numbers, names[::-1]))
        )
    # Some number is of what the sentence does not name; then it is the names that must be right.
    return _each(names, numbers)


def _each(some: Sequence[Event], others: Sequence[Event]) -> bool:
    """Each shares a name with the other before it, or each with that after it, or the nearest."""
    ways: tuple[Callable[[Event, Sequence[Event]], Names], ...] = (_before, _after, _nearest)
    return any(all(one.names & way(one, others) for one in some) for way in ways)


def _before(one: Event, others: Sequence[Event]) -> Names:
    return next((other.names for other in reversed(others) if other.place < one.place), NOTHING)


def _after(one: Event, others: Sequence[Event]) -> Names:
    return next((other.names for other in others if other.place > one.place), NOTHING)


def _nearest(one: Event, others: Sequence[Event]) -> Names:
    """The names of the nearest; of both when they are as near."""
    least = min(abs(other.place - one.place) for other in others)
    near = [other.names for other in others if abs(other.place - one.place) == least]
    return NOTHING.union(*near)


def _in_turn(numbers: Sequence[Event], names: Sequence[Event]) -> bool:
    """Berlin and Paris made so much and so much, after so much and so much."""
    order = list(dict.fromkeys(one.names for one in names))
    turns = [place for place, _ in groupby(_places(numbers, order))]
    return len(turns) % len(order) == 0 and all(
        place == at % len(order) for at, place in enumerate(turns)
    )


def _places(numbers: Sequence[Event], order: Sequence[Names]) -> Iterator[int]:
    for one in numbers:
        yield next((at for at, names in enumerate(order) if names & one.names), -1)
