"""A limit's words: what is left of it, and what its refusal says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.kernel.gates import OF_ORG, Verdict
from core.kernel.values import AMOUNT_MAX
from core.ledger.windows import NAMES, UNITS, resets_at

Key = tuple[str, str, str]  # scope, unit, period
Limits = dict[Key, int]  # e.g. {("person:*", "nusd", "hour"): 2_000_000_000}
# Kinds of scopes whose names are ids, in words; the others are named by people.
WHOSE = {
    "org": "the organisation",
    "team": "the team",
    "person": "this person",
    "session": "this session",
    "task": "this task",
    "use": "this person",
}


@dataclass(frozen=True)
class Remaining:
    """One limit and where it stands. Amounts in nano-dollars or tokens, by `unit`."""

    scope: str
    unit: str
    period: str
    max: int
    held: int
    spent: int
    left: int  # below zero after an overrun
    resets_at: datetime | None

    @classmethod
    def of(cls, key: Key, most: int, held: int, spent: int, at: datetime) -> Remaining:
        """The remaining part of the limit `most` when `held` and `spent` are taken."""
        return cls(*key, most, held, spent, most - held - spent, resets_at(key[2], at))


@dataclass(frozen=True)
class Allowance:
    """Whether something may be spent now. `left` is what the tightest limit leaves, by unit."""

    allowed: bool
    reason: str  # "" when allowed, else a sentence that names the limit
    left: dict[str, int]
    resets_at: datetime | None  # of the limit that said no, or of the tightest one in money
    verdict: Verdict


def former(scope: str) -> str:
    """What the scope was called before its name held its organisation; "" where it always did."""
    kind, _, name = scope.partition(":")
    return f"{kind}:{name.partition(':')[2]}" if kind in OF_ORG and ":" in name else ""


def whose(scope: str) -> str:
    """The scope as a sentence names it, without ids: "this person in 'lead_scoring'"."""
    kind, _, name = scope.partition(":")
    use_case = name.partition(":")[2]  # of a use case's own limits: use:ID:NAME, task:ID:NAME
    within = f" in {use_case!r}" if use_case and kind in ("use", "task") else ""
    return f"{WHOSE[kind]}{within}" if kind in WHOSE else former(scope) or scope


def uncountable(amounts: Mapping[str, object]) -> Verdict | None:
    """The ledger's no to what it has no accounts for: other units, less than nothing, parts."""
    for unit, value in amounts.items():
        if unit in UNITS and isinstance(value, int) and 0 <= value <= AMOUNT_MAX:
            continue
        return Verdict(
            "ledger",
            "refuse",
            "invalid",
            f"{value} {unit} cannot be counted.",
            hint=f"Amounts are whole numbers from zero up, of {' or '.join(UNITS)}.",
        )
    return None


def refusal(key: Key, most: int, left: int, at: datetime) -> Verdict:
    """The ledger's no: which limit, how much is left, when it resets."""
    scope, unit, period = key
    resets = resets_at(period, at)
    later = f" or wait until {resets:%H:%M} UTC" if resets else ""
    said = f"The {NAMES[period]} limit of {whose(scope)} has {amount(unit, max(left, 0))} left"
    said += f" of {amount(unit, most)}."
    if (period, most) == ("request", 0):
        said = f"Spending is stopped for {whose(scope)}."
    return Verdict(
        "ledger",
        "refuse",
        "budget_exceeded",
        said,
        hint=f"Ask an owner to raise it{later}.",
        details={
            "scope": scope,
            "unit": unit,
            "period": period,
            "max": most,
            "left": left,
            "resets_at": resets.isoformat() if resets else None,
        },
    )


def amount(unit: str, value: int) -> str:
    """For people: "$1.20" (as many digits as it takes), "9,400 tokens"."""
    if unit != "nusd":
        return f"{value:,} {unit}"
    sign, nusd = ("-" if value < 0 else ""), abs(value)
    whole, rest = divmod(nusd, 10**9)  # a float would lose the last digits of millions
    return f"{sign}${whole:,}.{f'{rest:09}'.rstrip('0').ljust(2, '0')}"
