"""Stop spending: what runs for a scope is stopped, what would cost money is refused."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.errors import NotFound, Refused
from core.governance.alerts import News, tell, whose
from core.governance.records import ALERT
from core.identity import Person, may
from core.kernel import Kernel, Who
from core.kernel.policies import BESIDE
from core.kernel.records import OPEN, TASK
from core.ledger import Accounts
from core.ledger.records import ACCOUNT, LIMIT
from core.storage.database import Database, new_id

PERIOD = "request"  # a request may cost nothing: the limits over time stay as they are


def halt(kernel: Kernel, ledger: Accounts, person: Person, scope: str) -> list[str]:
    """No step of `scope` may cost money from now on, and its open tasks are being stopped.

    Returns their ids. What they made until now is kept and paid. Raises Refused for a person who
    may not govern, NotFound for a scope of another organisation.
    """
    org_id = person.org_id
    check(kernel.database, person, scope)
    before = limit_of(kernel.database, scope)
    if before != 0:
        ledger.limit(scope, "nusd", PERIOD, 0, org_id)  # first: nothing may begin behind us
    ids = [task.id for task in _open(kernel.database, org_id, scope)]
    for id in ids:
        kernel.cancel(id)
    if before != 0:
        title = f"{whose(kernel.database, scope)}: {person.name} stopped all spending."
        about = {"before": before, "by": person.id, "tasks": len(ids)}
        key = f"stop {scope} {new_id()}"
        tell(kernel.database, [News(org_id, key, "stop", "warning", scope, title, about)])
    return ids


def resume(database: Database, ledger: Accounts, person: Person, scope: str) -> None:
    """The scope may spend again, within the limits it had before. Raises what `halt` does."""
    org_id = person.org_id
    check(database, person, scope)
    if limit_of(database, scope) != 0:
        return
    query = sa.select(ALERT.c.cause).where(ALERT.c.org_id == org_id, ALERT.c.scope == scope)
    query = query.where(ALERT.c.kind == "stop").order_by(ALERT.c.at.desc()).limit(1)
    rows = database.rows(query)
    before = rows[0].cause.get("before") if rows else None
    if before is not None:
        ledger.limit(scope, "nusd", PERIOD, before, org_id)
        return
    here = (LIMIT.c.scope == scope, LIMIT.c.unit == "nusd", LIMIT.c.period == PERIOD)
    database.transaction(lambda db: db.execute(sa.delete(LIMIT).where(*here)))


def halted(database: Database, org_id: str) -> list[str]:
    """The organisation's scopes that may not spend."""
    here = (LIMIT.c.org_id == org_id, LIMIT.c.unit == "nusd", LIMIT.c.period == PERIOD)
    rows = database.rows(sa.select(LIMIT.c.scope).where(*here, LIMIT.c.max == 0))
    return sorted(row.scope for row in rows)


def limit_of(database: Database, scope: str) -> int | None:
    """The scope's own limit of a request in nano-dollars; None where it has none."""
    here = (LIMIT.c.scope == scope, LIMIT.c.unit == "nusd", LIMIT.c.period == PERIOD)
    rows = database.rows(sa.select(LIMIT.c.max).where(*here))
    return rows[0].max if rows else None


def check(database: Database, person: Person, scope: str) -> None:
    """Raises Refused when the person may not govern, NotFound when the scope is not theirs."""
    if not may(person.role, "govern"):
        raise Refused("Your role does not allow this.", hint="Ask an owner of the organisation.")
    if scope == f"org:{person.org_id}":
        return
    mine = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.scope == scope)
    mine = mine.where(ACCOUNT.c.org_id == person.org_id)
    if not database.rows(mine.limit(1)):
        raise NotFound(f"Nothing was spent by {scope!r}.", hint="Choose one of the list.")


def _open(database: Database, org_id: str, scope: str) -> list[sa.Row[Any]]:
    tasks = database.rows(sa.select(TASK).where(TASK.c.org_id == org_id, TASK.c.state.in_(OPEN)))
    return [task for task in tasks if scope in _paying(task)]


def _paying(task: sa.Row[Any]) -> set[str]:
    """Every scope the task pays from, those of the use cases it came to work under too."""
    under = [(task.policy or {}).get("name", ""), *(task.policy or {}).get(BESIDE, {})]
    scopes = (f"use:{task.person_id}", f"task:{task.id}")
    within = (f"{scope}:{name}" for scope in scopes for name in under)
    return {*Who(**task.who).paying(), f"task:{task.id}", *within}
