"""The tables of the ledger: what they make impossible."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.ledger.records import ACCOUNT, ENTRY, HOLD, LIMIT, USAGE
from core.storage.database import Database, now
from core.storage.migrations import migrate

AMOUNTS = {"held", "spent", "max", "nusd", "tokens", "cost_nusd"}
ROWS = {
    "hold": (HOLD, {"key": "t:1", "org_id": "o", "state": "open", "nusd": 1, "tokens": 1,
                    "accounts": "[]", "lease_at": now()}),
    "entry": (ENTRY, {"key": "t:1", "account_id": 1, "kind": "settle", "held": -1, "spent": 1,
                      "at": now()}),
    "account": (ACCOUNT, {"name": "a", "org_id": "o", "scope": "s", "unit": "nusd", "window": "",
                          "held": 0, "spent": 0}),
    "limit": (LIMIT, {"scope": "s", "unit": "nusd", "period": "day", "max": 1, "org_id": "o"}),
    "usage": (USAGE, {"task_id": "t", "seq": 1, "line": 0, "org_id": "o", "person_id": "p",
                      "operation": "x", "provider": "p", "model": "m", "prompt_tokens": 1,
                      "completion_tokens": 1, "cached_tokens": 0, "cache_write_tokens": 0,
                      "reasoning_tokens": 0, "units": 0, "cost_nusd": 1, "estimated": False,
                      "at": now()}),
}  # fmt: skip


def test_nothing_is_held_settled_or_used_twice(url):
    database = Database(url)
    migrate(database)
    for table, row in ROWS.values():
        add = lambda table=table, row=row: database.transaction(  # noqa: E731
            lambda db: db.execute(sa.insert(table), row)
        )
        add()
        with pytest.raises(IntegrityError):
            add()
    again = {**ROWS["entry"][1], "kind": "overrun"}  # the same step may have another line
    database.transaction(lambda db: db.execute(sa.insert(ENTRY), again))
    database.close()


def test_every_amount_is_64_bits():
    for table, _ in ROWS.values():
        for column in table.columns:
            if column.name in AMOUNTS:
                assert isinstance(column.type, sa.BigInteger), f"{table.name}.{column.name}"
