"""The ledger's statements, straight to the driver: the ORM costs fifteen times as much.

Written once with `:name` parameters; `{ids}` and `{names}` compare with a set, `{at}` is a time.
"""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import sqlalchemy as sa

_UNIT = "CASE unit WHEN 'nusd' THEN :{0}_nusd ELSE :{0}_tokens END"
STATEMENTS = {
    "limits": "SELECT scope, unit, period, max, org_id FROM ledger_limit WHERE scope {names}",
    "find": "SELECT name, id FROM ledger_account WHERE name {names}",
    "open": (
        'INSERT INTO ledger_account (name, org_id, scope, unit, "window", held, spent)'
        " VALUES (:name, :org_id, :scope, :unit, :window, 0, 0) ON CONFLICT (name) DO NOTHING"
        " RETURNING id"
    ),
    # What the scope had spent in this window before anybody limited it.
    "earlier": (
        "SELECT coalesce(sum(e.spent), 0) FROM ledger_entry e JOIN ledger_account a"
        " ON a.id = e.account_id WHERE a.name = :total AND e.kind <> 'carry' AND e.at >= {since}"
    ),
    # And before its name held its organisation: others may have spent under that name too.
    "formerly": (
        "SELECT coalesce(sum(e.spent), 0) FROM ledger_entry e JOIN ledger_account a"
        " ON a.id = e.account_id JOIN ledger_hold h ON h.key = e.key"
        " WHERE a.name = :total AND h.org_id = :org_id AND e.at >= {since}"
    ),
    "carry": "UPDATE ledger_account SET spent = spent + :amount WHERE id = :id",
    "carried": (
        "INSERT INTO ledger_entry (key, account_id, kind, held, spent, at)"
        " VALUES (:name, :id, 'carry', 0, :amount, {at})"
    ),
    "lock": "SELECT id, held + spent FROM ledger_account WHERE id {ids} ORDER BY id {lock}",
    "hold": f"UPDATE ledger_account SET held = held + {_UNIT.format('held')} WHERE id {{ids}}",
    "holds": (
        "INSERT INTO ledger_hold (key, org_id, state, nusd, tokens, accounts, lease_at) VALUES"
        " (:key, :org_id, 'open', :held_nusd, :held_tokens, :accounts, {lease})"
    ),
    "hold again": (
        "UPDATE ledger_hold SET state = 'open', nusd = :held_nusd, tokens = :held_tokens,"
        " accounts = :accounts, lease_at = {lease} WHERE key = :key"
    ),
    "times held": (
        "SELECT count(DISTINCT kind) FROM ledger_entry"
        " WHERE key = :key AND substr(kind, 1, 4) = 'hold'"
    ),
    "release": (
        "UPDATE ledger_hold SET state = :state WHERE key = :key AND state = 'open'"
        " RETURNING nusd, tokens, accounts"
    ),
    "close": "UPDATE ledger_hold SET state = 'settled' WHERE key = :key",
    "state": "SELECT state, nusd, tokens, accounts FROM ledger_hold WHERE key = :key {lock}",
    "book": (
        "UPDATE ledger_account"
        f" SET held = held - ({_UNIT.format('held')}), spent = spent + {_UNIT.format('spent')}"
        " WHERE id {ordered}"
    ),
    "enter": (
        "INSERT INTO ledger_entry (key, account_id, kind, held, spent, at)"
        f" SELECT :key, id, :kind, {_UNIT.format('held')}, {_UNIT.format('spent')}, {{at}}"
        " FROM ledger_account WHERE id {ids}"
    ),
    "renew": "UPDATE ledger_hold SET lease_at = {lease} WHERE state = 'open' AND key {names}",
    "stale": ("SELECT key FROM ledger_hold WHERE state = 'open' AND lease_at < {at} LIMIT 100"),
}
_POSTGRES = {
    "ids": "= ANY(%(ids)s::bigint[])",
    # Rows are locked in one order, or two settlements would deadlock.
    "ordered": "IN (SELECT id FROM ledger_account WHERE id = ANY(%(ids)s::bigint[])"
    " ORDER BY id FOR UPDATE)",
    "names": "= ANY(%(names)s::text[])",
    "lock": "FOR UPDATE",
    "at": "%(at)s",
    "lease": "%(lease)s",
    "since": "%(since)s",
}
_SQLITE = {
    "ids": "IN (SELECT value FROM json_each(:ids))",
    "ordered": "IN (SELECT value FROM json_each(:ids))",
    "names": "IN (SELECT value FROM json_each(:names))",
    "lock": "",
    "at": ":at",
    "lease": ":lease",
    "since": ":since",
}


class Statements:
    """Runs a named statement inside the transaction it is given."""

    def __init__(self, *, sqlite: bool) -> None:
        self._sqlite = sqlite
        parts = _SQLITE if sqlite else _POSTGRES
        self._sql = {}
        for name, text in STATEMENTS.items():
            sql = text.format(**parts)
            if not sqlite:
                sql = re.sub(r"(?<!:):([a-z_]+)", self._typed, sql)
            self._sql[name] = sql

    @staticmethod
    def _typed(match: re.Match[str]) -> str:
        name = match.group(1)
        amount = name.startswith(("held_", "spent_")) or name in ("amount", "id")
        return f"%({name})s" + ("::bigint" if amount else "")

    def together(self, db: sa.Connection) -> AbstractContextManager[Any]:
        """Statements run inside go to the server in one round trip; none may read a result."""
        driver: Any = db.connection.driver_connection
        return nullcontext() if self._sqlite else driver.pipeline()

    def __call__(self, db: sa.Connection, statement: str, /, **values: Any) -> Any:
        """The driver's cursor after `statement` ran with `values`."""
        driver: Any = db.connection.driver_connection
        if self._sqlite:
            values = {key: _sqlite_value(value) for key, value in values.items()}
        return driver.execute(self._sql[statement], values)


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, datetime):  # the form SQLAlchemy writes, so that both compare
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
