"""Hold and settle pairs a second, beside the database's own bare transactions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from core.kernel import Ask, Who
from core.ledger import Accounts
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.benchmarks.world import databases, say

THREADS, EACH = 8, 150
BOUND = {"SQLite": 1_500, "PostgreSQL": 500}
WHO = Who(org="acme", person="ana", scopes=("team:growth", "project:p1", "session:s1"))
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


def main() -> None:
    with databases() as found:
        for name, url in found.items():
            database = Database(url)
            migrate(database)
            ledger = Accounts(database, LIMITS)

            def pay(k: int, *, database: Database = database, ledger: Accounts = ledger) -> None:
                for i in range(EACH):
                    ask = Ask(f"b{k}", i, "tool", "x", WHO, {"nusd": 50, "tokens": 9})
                    database.transaction(lambda db, ask=ask: ledger.hold(db, ask))
                    spent = {"nusd": 20, "tokens": 4}
                    database.transaction(lambda db, a=ask, s=spent: ledger.settle(db, a, s))

            def bare(k: int, *, database: Database = database) -> None:
                touch = sa.text("update ledger_account set held = held where id = 1")
                for _ in range(2 * EACH):
                    database.transaction(lambda db: db.execute(touch))

            pay(99)
            bare(99)
            pairs, floor = THREADS * EACH / race(pay), THREADS * EACH / race(bare)
            say(
                f"{name}, 5 scopes x 2 units, {THREADS} threads",
                f"{pairs:,.0f} pairs/s",
                f"{floor:,.0f} pairs/s of transactions that update one row",
                pairs / floor,
                f"at least {BOUND[name]:,} pairs/s",
            )
            database.close()


if __name__ == "__main__":
    main()
