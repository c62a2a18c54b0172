"""What tasks leave behind, written by hand: rows that arms are compared by."""

from __future__ import annotations

import sqlalchemy as sa

from core.kernel.records import STEP, TASK
from core.ledger.records import USAGE
from core.storage.database import Database, now


class Book:
    """Writes what tasks leave behind."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.n = 0

    def call(
        self,
        variant,
        *,
        person="ana",
        org="acme",
        name="chat",
        state="done",
        used=True,
        error=None,
        **use,
    ):
        self.n += 1
        task = {
            "id": f"t{self.n}", "operation": "op", "org_id": org, "person_id": person, "who": {},
            "queue": "interactive", "input": {}, "policy": {"name": name, "variant": variant},
            "trace": "", "state": "done", "leg": 1, "events": 0, "created_at": now(),
        }  # fmt: skip
        step = {
            "task_id": f"t{self.n}", "seq": 1, "org_id": org, "kind": "model", "name": "complete",
            "leaf": True, "state": state, "estimate": {}, "cost_nusd": 0, "tokens": 0,
            "overrun_nusd": 0, "started_at": now(),
            "outcome": {"code": "unavailable", "details": error} if error else None,
        }  # fmt: skip
        usage = {
            "task_id": f"t{self.n}", "seq": 1, "line": 0, "org_id": org, "person_id": person,
            "operation": "op", "provider": "p", "model": "m", "use_case": name, "variant": variant,
            "prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0, "latency_ms": 0,
            "cache_write_tokens": 0, "reasoning_tokens": 0, "units": 0, "unit": "",
            "cost_nusd": 0, "estimated": False, "kind": "model", "prompt_hash": "",
            "cache_hit": False, "batch": False, "at": now(), **use,
        }  # fmt: skip

        def write(db):
            db.execute(sa.insert(TASK), task)
            db.execute(sa.insert(STEP), step)
            if used:
                db.execute(sa.insert(USAGE), usage)

        self.database.transaction(write)
