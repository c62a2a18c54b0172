"""Limits that fill up: each share of a limit is told once a window, and so is a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.governance.alerts import News, known, whose
from core.kernel.gates import Who
from core.ledger import Remaining, amount
from core.ledger.windows import NAMES, account_name
from core.storage.database import Database, now

OFTEN = ("task", "session")  # scopes that are made every day: less is made of them


def crossed(limit: Remaining, percents: Iterable[int]) -> list[int]:
    """The percents of the limit that are spent, ascending.

    What is only held is not: most of it comes back. Nothing of a limit of zero: whoever set it
    wants no spending and knows it.
    """
    if limit.max <= 0 or limit.period == "request":
        return []
    return sorted(p for p in set(percents) if p > 0 and 100 * limit.spent >= p * limit.max)


def news_of(
    database: Database,
    who: Who,
    limits: Sequence[Remaining],
    percents: Sequence[int],
    at: datetime | None = None,
) -> list[News]:
    """One alert for each limit that passed a share nobody was told of in its window.

    A limit that jumped over several is told once, with the highest. A changed limit is another.
    """
    at = at or now()
    reached = [(limit, max(some)) for limit in limits if (some := crossed(limit, percents))]
    asked = [_key(limit, at, p) for limit, top in reached for p in percents if p >= top]
    told = known(database, asked)
    return [
        _passed(database, who, limit, top, at)
        for limit, top in reached
        if not any(_key(limit, at, p) in told for p in percents if p >= top)
    ]


def refused(
    database: Database, who: Who, details: Mapping[str, Any], at: datetime | None = None
) -> News | None:
    """The alert of a step the ledger refused; None when no limit over time did."""
    at = at or now()
    scope, unit, period = (str(details.get(name, "")) for name in ("scope", "unit", "period"))
    if period not in ("hour", "day", "total") or int(details.get("max", 0)) <= 0:
        return None  # one request was too dear, or spending was stopped: no limit is used up
    most, left = int(details["max"]), max(0, int(details.get("left", 0)))
    title = (
        f"{whose(database, scope)}: steps are refused. The {NAMES[period]} limit has"
        f" {money(unit, left)} left of {money(unit, most)}."
    )
    key = f"refusal {account_name((scope, unit, period), at)} {most}"
    severity = "warning" if scope.partition(":")[0] in OFTEN else "critical"
    return News(who.org, key, "refusal", severity, scope, title, dict(details))


def money(unit: str, value: int) -> str:
    """For sentences: "$1.20", "9,400 tokens"; what is under a cent keeps its digits."""
    if unit != "nusd" or abs(value) < 10_000_000:
        return amount(unit, value)
    return f"{'-' if value < 0 else ''}${abs(value) / 1e9:,.2f}"


def _key(limit: Remaining, at: datetime, percent: int) -> str:
    account = account_name((limit.scope, limit.unit, limit.period), at)
    return f"threshold {account} {limit.max} {percent}"


def _passed(database: Database, who: Who, limit: Remaining, percent: int, at: datetime) -> News:
    said = f"{money(limit.unit, limit.spent)} of {money(limit.unit, limit.max)}"
    what = "is used up" if percent >= 100 else f"is {100 * limit.spent // limit.max}% used"
    title = f"{whose(database, limit.scope)}: the {NAMES[limit.period]} limit {what}, {said}."
    often = limit.scope.partition(":")[0] in OFTEN
    severity = ("warning" if often else "critical") if percent >= 100 else "warning"
    cause = {
        "unit": limit.unit,
        "period": limit.period,
        "percent": percent,
        "max": limit.max,
        "spent": limit.spent,
        "held": limit.held,
        "resets_at": limit.resets_at.isoformat() if limit.resets_at else None,
    }
    return News(
        who.org,
        _key(limit, at, percent),
        "threshold",
        "info" if often and percent < 100 else severity,
        limit.scope,
        title,
        cause,
    )
