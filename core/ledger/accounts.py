"""Hold and settle, inside the kernel's transactions: never overspent, always conserved."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.errors import Invalid
from core.kernel.gates import Amounts, Ask, Verdict, Who, within
from core.ledger.limits import Allowance, Key, Limits, Remaining, former, refusal, uncountable
from core.ledger.records import LIMIT, USAGE
from core.ledger.statements import Statements
from core.ledger.windows import UNITS, account_name, starts_at, window
from core.storage.database import Database, now

log = logging.getLogger(__name__)
KNOWN_MAX = 20_000
LEASE = timedelta(seconds=60)


class Accounts:
    """The ledger the kernel is given."""

    def __init__(self, database: Database, defaults: Limits | None = None) -> None:
        self._database = database
        self._defaults = defaults or {}
        self._run = Statements(sqlite=database.is_sqlite)
        self._ids: dict[str, int] = {}  # committed accounts by name: holds need not look for them

    # What people ask.

    def set_defaults(self, defaults: Limits) -> None:
        """From now on these limits hold where nobody set another."""
        self._defaults = dict(defaults)

    def limit(self, scope: str, unit: str, period: str, max: int, org_id: str = "") -> None:
        """At most `max` of `unit` per `period` for `scope`; "person:*" is everyone's default.

        Raises Invalid for what is no amount.
        """
        self._database.transaction(
            lambda db: self.set_limit(db, scope, unit, period, max, org_id=org_id)
        )

    def set_limit(
        self,
        db: sa.Connection,
        scope: str,
        unit: str,
        period: str,
        max: int | None,
        *,
        org_id: str = "",
    ) -> None:
        """The same inside a transaction; None takes the scope's own limit away."""
        named, scope = scope, within(org_id, scope)
        if max is None:
            here = (LIMIT.c.unit == unit, LIMIT.c.period == period)
            mine = sa.and_(LIMIT.c.scope.in_((named, former(scope))), LIMIT.c.org_id == org_id)
            here = (*here, sa.or_(LIMIT.c.scope == scope, mine))
            db.execute(sa.delete(LIMIT).where(*here))
            return
        if no := uncountable({unit: max}):
            raise Invalid(no.message, hint=no.hint)
        row = {"scope": scope, "unit": unit, "period": period, "max": max, "org_id": org_id}
        insert = self._database.insert(LIMIT).values(row)
        insert = insert.on_conflict_do_update(
            index_elements=["scope", "unit", "period"], set_={"max": max}
        )
        db.execute(insert)

    def remaining(self, who: Who) -> list[Remaining]:
        """What is left of every limit above `who`, tightest first within a unit."""

        def read(db: sa.Connection) -> list[Remaining]:
            at = now()
            limits = self._limits(db, who)
            names = [account_name(key, at) for key in limits if key[2] != "request"]
            found = self._database_accounts(db, names)
            return [
                Remaining.of(key, most, *self._taken(found, key, at), at)
                for key, most in limits.items()
                if most is not None
            ]

        with self._database.engine.connect() as db:
            rows = read(db)
        return sorted(rows, key=lambda row: (UNITS.index(row.unit), row.left))

    def left(self, who: Who) -> dict[str, int]:
        """What the tightest limits above `who` leave now, by unit; those of one request apart."""
        rows = reversed(self.remaining(who))  # the tightest of a unit comes last, and wins
        return {row.unit: row.left for row in rows if row.period != "request"}

    def per_request(self, who: Who) -> dict[str, int]:
        """The most that one step of `who` may hold, by unit, where a limit says so."""
        found: dict[str, int] = {}
        for row in self.remaining(who):
            if row.period == "request":
                found[row.unit] = min(row.max, found.get(row.unit, row.max))
        return found

    def check(self, who: Who, amounts: Amounts) -> Allowance:
        """Whether `amounts` would be held now; nothing is held. A refusal names the limit."""
        rows = self.remaining(who)
        left = {
            unit: min(r.left for r in rows if r.unit == unit) for unit in {r.unit for r in rows}
        }
        for row in rows:
            if amounts.get(row.unit, 0) > row.left:
                no = refusal((row.scope, row.unit, row.period), row.max, row.left, now())
                return Allowance(False, no.message, left, row.resets_at, no)
        money = [row.resets_at for row in rows if row.unit == "nusd" and row.period != "request"]
        return Allowance(True, "", left, money[0] if money else None, Verdict("ledger"))

    # What the kernel does.

    def hold(self, db: sa.Connection, ask: Ask) -> Verdict:
        """Hold the estimate on every scope in every limited window, or nowhere."""
        return self._hold(db, ask, "holds", "hold")

    def hold_again(self, db: sa.Connection, ask: Ask) -> Verdict:
        """The hold of a step that is repeated covers `ask`: as it is, or held anew in full.

        After a refusal nothing is held; roll back to keep what was.
        """
        row = self._run(db, "state", key=ask.key).fetchone()
        if row is None:
            return self.hold(db, ask)
        held = {"nusd": row[1], "tokens": row[2]}
        if row[0] == "open" and all(ask.estimate.get(unit, 0) <= held[unit] for unit in UNITS):
            self._run(db, "renew", names=[ask.key], lease=now() + LEASE)
            return Verdict("ledger")
        self._free(db, ask.key, "void")
        return self._hold(db, ask, "hold again", f"hold {self._times_held(db, ask.key) + 1}")

    def settle(self, db: sa.Connection, ask: Ask, spent: Amounts) -> Amounts:
        """Give back what the step held and book what it spent, even above the estimate.

        Returns the overrun, by unit; empty when the hold covered it. A second call, and a late
        one after the hold expired, book only what was never booked.
        """
        at = now()
        row = self._run(db, "release", key=ask.key, state="settled").fetchone()
        if row is None:
            return self._settle_without_hold(db, ask, spent, at)
        held = {"nusd": row[0], "tokens": row[1]}
        within = {unit: min(spent.get(unit, 0), held[unit]) for unit in UNITS}
        self._book(db, ask.key, "settle", json.loads(row[2]), held=held, spent=within, at=at)
        over = {u: spent[u] - held[u] for u in UNITS if spent.get(u, 0) > held[u]}
        if over:
            self._book(db, ask.key, "overrun", json.loads(row[2]), held={}, spent=over, at=at)
            log.warning("Step %s cost more than it held: %s.", ask.key, over)
        return over

    def void(self, db: sa.Connection, key: str) -> None:
        """Free the hold of an act that provably did not happen."""
        self._free(db, key, "void")

    def renew(self, keys: Sequence[str]) -> None:
        """The holds of acts that run here are alive for another lease."""
        if keys:
            lease = now() + LEASE
            self._database.transaction(
                lambda db: self._run(db, "renew", names=list(keys), lease=lease)
            )

    def expire(self) -> list[str]:
        """Holds whose owner is dead are freed; returns their keys."""

        def free(db: sa.Connection) -> list[str]:
            keys = sorted(row[0] for row in self._run(db, "stale", at=now()).fetchall())
            for key in keys:
                self._free(db, key, "expired")
            return keys

        with self._database.engine.connect() as db:  # most often there is none: take no lock
            if not self._run(db, "stale", at=now()).fetchone():
                return []
        return self._database.transaction(free)

    def use(self, db: sa.Connection, ask: Ask, uses: Sequence[dict[str, object]]) -> None:
        """One usage row for each thing the act reported."""
        for line, row in enumerate(uses):
            about = {"task_id": ask.task_id, "seq": ask.seq, "line": line, "org_id": ask.who.org}
            about |= {"person_id": ask.who.person, "operation": ask.operation}
            insert = self._database.insert(USAGE).on_conflict_do_nothing()
            db.execute(insert, {**about, "at": now(), **row})

    # Small parts.

    def _hold(self, db: sa.Connection, ask: Ask, statement: str, kind: str) -> Verdict:
        amounts = {unit: amount for unit, amount in ask.estimate.items() if amount}
        if no := uncountable(amounts):  # fail closed: what has no account cannot be held
            return no
        if not amounts:
            return Verdict("ledger")
        at = now()
        limits = self._limits(db, ask.who)
        ids = self._open(db, ask.who.org, limits, at)
        taken = dict(self._run(db, "lock", ids=list(ids.values())).fetchall())
        after: Amounts = {}
        for key, most in limits.items():
            if most is None:
                continue
            unit, wanted = key[1], amounts.get(key[1], 0)
            if key[2] == "request" and ask.kind == "batch":  # the limit is of one call, not the sum
                wanted = ask.shows.get("largest", {}).get(unit, wanted)
            left = most - (0 if key[2] == "request" else taken[ids[key]])
            if wanted > max(left, 0):
                return refusal(key, most, left, at)
            if key[2] != "request":
                after[unit] = min(left - wanted, after.get(unit, left - wanted))
        rows = list(ids.values())
        about = {"key": ask.key, "org_id": ask.who.org, "accounts": json.dumps(rows)}
        with self._run.together(db):
            self._run(db, "hold", ids=rows, **_per_unit("held", amounts))
            self._run(db, statement, **about, lease=at + LEASE, **_per_unit("held", amounts))
            self._enter(db, ask.key, kind, rows, at, held=amounts)
        return Verdict("ledger", details={"left": after})

    def _settle_without_hold(
        self, db: sa.Connection, ask: Ask, spent: Amounts, at: datetime
    ) -> Amounts:
        row = self._run(db, "state", key=ask.key).fetchone()
        over = {unit: spent[unit] for unit in UNITS if spent.get(unit)}
        if (row and row[0] == "settled") or not over:
            return {}
        if row:
            ids = json.loads(row[3])
            self._run(db, "release", key=ask.key, state="settled")
        else:
            limits = self._limits(db, ask.who)
            ids = list(self._open(db, ask.who.org, limits, at).values())
            self._run(db, "lock", ids=ids)
        self._book(db, ask.key, "overrun", ids, held={}, spent=over, at=at)
        self._close(db, ask, ids, at, known=bool(row))
        log.warning("Step %s spent without a hold: %s.", ask.key, over)
        return over

    def _close(
        self, db: sa.Connection, ask: Ask, ids: list[int], at: datetime, *, known: bool
    ) -> None:
        """Mark the key as settled, so that it cannot be booked twice."""
        if not known:
            empty = {"held_nusd": 0, "held_tokens": 0}
            listed = json.dumps(ids)
            self._run(
                db, "holds", key=ask.key, org_id=ask.who.org, accounts=listed, lease=at, **empty
            )
        self._run(db, "close", key=ask.key)

    def _free(self, db: sa.Connection, key: str, state: str) -> None:
        row = self._run(db, "release", key=key, state=state).fetchone()
        if row:
            held = {"nusd": row[0], "tokens": row[1]}
            times = self._times_held(db, key)
            kind = "void" if state == "void" else "expire"
            kind = kind if times == 1 else f"{kind} {times}"
            self._book(db, key, kind, json.loads(row[2]), held=held, spent={}, at=now())

    def _times_held(self, db: sa.Connection, key: str) -> int:
        return int(self._run(db, "times held", key=key).fetchone()[0])

    def _book(
        self,
        db: sa.Connection,
        key: str,
        kind: str,
        ids: list[int],
        *,
        held: Amounts,
        spent: Amounts,
        at: datetime,
    ) -> None:
        """Take `held` off and put `spent` on every account, and journal both."""
        amounts = {**_per_unit("held", held), **_per_unit("spent", spent)}
        freed = {unit: -amount for unit, amount in held.items()}
        with self._run.together(db):
            self._run(db, "book", ids=ids, **amounts)
            self._enter(db, key, kind, ids, at, held=freed, spent=spent)

    def _enter(
        self,
        db: sa.Connection,
        key: str,
        kind: str,
        ids: list[int],
        at: datetime,
        *,
        held: Amounts | None = None,
        spent: Amounts | None = None,
    ) -> None:
        amounts = {**_per_unit("held", held or {}), **_per_unit("spent", spent or {})}
        self._run(db, "enter", key=key, kind=kind, ids=ids, at=at, **amounts)

    def _limits(self, db: sa.Connection, who: Who) -> dict[Key, int | None]:
        """The limits that apply; every scope has at least its total account, limited or not."""
        scopes = who.paying()
        old = {name: scope for scope in scopes if (name := former(scope))}
        wild = {scope: f"{scope.split(':', 1)[0]}:*" for scope in scopes}
        found: dict[Key, int | None] = {(s, u, "total"): None for s in scopes for u in UNITS}
        for scope in scopes:
            for (of, unit, period), most in self._defaults.items():
                if of == wild[scope]:
                    found[scope, unit, period] = most
        names = [*scopes, *set(wild.values()), *old]
        rows = self._run(db, "limits", names=names).fetchall()
        rows = [row for row in rows if row[0] not in old or row[4] in ("", who.org)]
        rows.sort(key=lambda row: (not row[0].endswith(":*"), row[0] not in old))
        for of, unit, period, most, _ in rows:
            for scope in scopes:
                if of in (scope, wild[scope], former(scope)):  # own limits come last and win
                    found[scope, unit, period] = most
        return found

    def _open(
        self, db: sa.Connection, org_id: str, limits: dict[Key, int | None], at: datetime
    ) -> dict[Key, int]:
        """Account ids by key; missing accounts are opened, before anything is locked.

        Only committed accounts are remembered: a rolled back one would be held on nowhere.
        """
        names = {key: account_name(key, at) for key in limits if key[2] != "request"}
        missing = [name for name in names.values() if name not in self._ids]
        if not missing:
            return {key: self._ids[name] for key, name in names.items()}
        found = dict(self._run(db, "find", names=missing).fetchall())
        known = self._ids if len(self._ids) < KNOWN_MAX else {}
        self._ids = {**known, **found}
        for key, name in sorted(names.items(), key=lambda item: item[1]):
            if name not in self._ids and name not in found:
                found[name] = self._open_one(db, org_id, key, name, at)
        ids = {**found, **{n: self._ids[n] for n in names.values() if n in self._ids}}
        return {key: ids[name] for key, name in names.items()}

    def _open_one(self, db: sa.Connection, org_id: str, key: Key, name: str, at: datetime) -> int:
        scope, unit, period = key
        about = {"org_id": org_id, "scope": scope, "unit": unit, "window": window(period, at)}
        row = self._run(db, "open", name=name, **about).fetchone()
        if row is None:  # another process was quicker
            return int(self._run(db, "find", names=[name]).fetchone()[1])
        if amount := self._earlier(db, org_id, key, at):
            self._run(db, "carry", id=row[0], amount=amount)
            self._run(db, "carried", name=name, id=row[0], amount=amount, at=at)
        return int(row[0])

    def _earlier(self, db: sa.Connection, org_id: str, key: Key, at: datetime) -> int:
        """What was spent in the window before its account was opened."""
        scope, unit, period = key
        since, amount = starts_at(period, at), 0
        if period != "total":
            total = account_name((scope, unit, "total"), at)
            amount += int(self._run(db, "earlier", total=total, since=since).fetchone()[0])
        if old := former(scope):
            about = {"total": account_name((old, unit, "total"), at), "org_id": org_id}
            amount += int(self._run(db, "formerly", since=since, **about).fetchone()[0])
        return amount

    @staticmethod
    def _taken(found: dict[str, tuple[int, int]], key: Key, at: datetime) -> tuple[int, int]:
        return (0, 0) if key[2] == "request" else found.get(account_name(key, at), (0, 0))

    def _database_accounts(self, db: sa.Connection, names: list[str]) -> dict[str, tuple[int, int]]:
        query = sa.text("SELECT name, held, spent FROM ledger_account WHERE name IN :names")
        query = query.bindparams(sa.bindparam("names", expanding=True))
        return {row[0]: (row[1], row[2]) for row in db.execute(query, {"names": names})}


def _per_unit(prefix: str, amounts: Amounts) -> dict[str, int]:
    return {f"{prefix}_{unit}": amounts.get(unit, 0) for unit in UNITS}
