"""What is left of today's money, and what took it."""

from __future__ import annotations

from typing import Any

from components import session
from components.words import named
from core import governance
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
    """A limit in words: "Organisation, today"."""
    scope = WHOSE.get(limit.scope.partition(":")[0], limit.scope)
    return f"{scope}, {PERIODS.get(limit.period, limit.period)}"
