"""Sharing traffic out by weight: the same person always meets the same arm."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arm:
    """One share of the traffic, and what is different for it."""

    weight: float
    changes: Mapping[str, Any] = field(default_factory=dict)  # fields of Policy


@dataclass(frozen=True)
class Split:
    """Arms by name. Another `salt` deals everybody anew."""

    arms: Mapping[str, Arm]
    salt: str = ""

    def arm(self, use_case: str, person_id: str) -> str:
        """The arm of this person, the same in every process and at every time.

        Weighted rendezvous hashing: each arm draws its own number for the person and the best
        wins, so a person changes arms only where the two arms' weights changed to one another.
        """
        seed = f"{use_case}\0{self.salt}\0{person_id}"
        return max(self.arms, key=lambda name: (_drawn(seed, name, self.arms[name].weight), name))


def _drawn(seed: str, name: str, weight: float) -> float:
    """Greater for a greater weight; of several, each is the greatest as often as its share."""
    if weight <= 0:
        return -math.inf
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    uniform = (int.from_bytes(digest[:8]) + 1) / (2**64 + 2)  # strictly between 0 and 1
    return weight / -math.log(uniform)
