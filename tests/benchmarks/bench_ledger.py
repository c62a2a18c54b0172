"""Hold and settle pairs a second, beside the database's own bare transactions."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from core.kernel import Ask, Who
from core.ledger import Accounts
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.benchmarks.world import databases, judge

THREADS, EACH, TURNS = 8, 100, 4
BOUND = {"SQLite": 1_500, "PostgreSQL": 500}
QUIET = {"SQLite": 11_000, "PostgreSQL": 2_000}  # estimates: no idle machine was at hand
WHO = Who(org="acme", person="ana", scopes=("team:growth", "project:p1", "session:s1"))
NUMBERS = itertools.count()
LIMITS = {
    (f"{scope}:*", unit, "total"): 10**15
    for scope in ("org", "person", "team", "project", "session")
    for unit in ("nusd", "tokens")
}


def race(work: Callable[[int], None]) -> float:
    """Seconds until every thread is done."""
    threads = [threading.Thread(target=work, args=(k,)) for k in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def main() -> int:
    missed = 0
    with databases() as found:
        for name, url in found.items():
            database = Database(url)
            migrate(database)
            ledger = Accounts(database, LIMITS)

            def pay(k: int, *, database: Database = database, ledger: Accounts = ledger) -> None:
                for _ in range(EACH):
                    ask = Ask(f"b{k}", next(NUMBERS), "tool", "x", WHO, {"nusd": 50, "tokens": 9})
                    database.transaction(lambda db, ask=ask: ledger.hold(db, ask))
                    spent = {"nusd": 20, "tokens": 4}
                    database.transaction(lambda db, a=ask, s=spent: ledger.settle(db, a, s))

            def bare(_k: int, *, database: Database = database) -> None:
                touch = sa.text("update ledger_account set held = held where id = 1")
                for _ in range(2 * EACH):
                    database.transaction(lambda db: db.execute(touch))

            pay(99)
            bare(99)
            pairs, floor = 0.0, 0.0
            for _ in range(TURNS):  # in turns; the quietest moment of each counts
                pairs = max(pairs, THREADS * EACH / race(pay))
                floor = max(floor, THREADS * EACH / race(bare))
            missed += judge(
                f"{name}, 5 scopes x 2 units, {THREADS} threads",
                pairs,
                floor,
                BOUND[name],
                unit="pairs/s",
                quiet=QUIET[name],
                least=True,
            )
            database.close()
    return missed


if __name__ == "__main__":
    sys.exit(min(1, main()))
