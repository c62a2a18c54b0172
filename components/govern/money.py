"""What is left of today's money, and what took it."""

from __future__ import annotations

from typing import Any

from components import session
from components.words import named
from core import governance
from core.kernel.policies import Policy
from core.ledger import Remaining
from core.storage.database import now

WHOSE = {
    "org": "Organisation",
    "team": "Team",
    "person": "You",
    "project": "Project",
    "session": "This session",
}
PERIODS = {"request": "a request", "hour": "this hour", "day": "today", "total": "in all"}


def remaining(*scopes: str) -> list[Any]:
    """Every limit above the signed-in person, and those of `scopes`, as they stand now."""
    who = session.who()
    who = who.model_copy(update={"scopes": (*who.scopes, *scopes)})
    return list(session.studio().ledger.remaining(who))


def daily() -> list[Remaining]:
    """What the policies leave the signed-in person today, the tightest first within a unit.

    The ledger knows of a policy's limit only once something ran under it, and as it was then.
    """
    studio, person = session.studio(), session.person()
    most: dict[tuple[str, str], int] = {}
    for name in studio.policies.names(person.org_id):
        policy = studio.policies.resolve(name, Policy(name=name), person.org_id, person.id)
        for unit, limit in (("nusd", policy.daily_nusd), ("tokens", policy.daily_tokens)):
            if limit is not None:
                most[f"use:{person.id}:{policy.name}", unit] = limit
    found = remaining(*{scope for scope, _ in most})
    taken = {(row.scope, row.unit): (row.held, row.spent) for row in found if row.period == "day"}
    rows = [
        Remaining.of((*key, "day"), limit, *taken.get(key, (0, 0)), now())
        for key, limit in most.items()
    ]
    return sorted(rows, key=lambda row: (row.unit, row.left))


def day_limit() -> Any | None:
    """The limit in money for today that ends first, or the tightest other one."""
    money = [limit for limit in session.studio().left(session.who()) if limit.unit == "nusd"]
    today = [limit for limit in money if limit.period == "day"] or money
    return min(today, key=lambda limit: limit.left, default=None)


def took_today(most: int = 5) -> list[tuple[str, int]]:
    """(operation, nano-dollars) of what the organisation spent today, the dearest first."""
    studio, person = session.studio(), session.person()
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = governance.spend(studio.database, person.org_id, "operation", since=today)
    return [(named(str(name)), nusd) for name, nusd in spent_pairs(rows)[:most] if nusd]


def spent_pairs(rows: Any) -> list[tuple[str, int]]:
    """(name, nano-dollars) of each line of spend, the dearest first."""
    pairs = [(str(row.key), int(row.cost_nusd)) for row in rows]
    return sorted(pairs, key=lambda pair: pair[1], reverse=True)


def whose(limit: Any) -> str:
    """A limit in words: "Organisation, today", "You in Email generation, today"."""
    kind, _, name = limit.scope.partition(":")
    scope = WHOSE.get(kind, limit.scope)
    if kind == "use":
        scope = f"{WHOSE['person']} in {named(name.partition(':')[2])}"
    return f"{scope}, {PERIODS.get(limit.period, limit.period)}"
