"""Holds and settles at random, and dies where it is told: `main(URL, SEED, ROUNDS, DEATH)`.

DEATH is the number of the statement before which the process kills itself; 0 never.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from types import SimpleNamespace

from core.errors import Unavailable
from core.kernel import Ask, Who
from core.ledger import Accounts
from core.ledger.statements import Statements
from core.storage.database import Database

LIMITS = {("team:*", "nusd", "total"): 400, ("org:*", "tokens", "day"): 5_000}


def ask(key: int, seed: int, **estimate: int) -> Ask:
    who = Who(org=f"o{key % 3}", person=f"p{key % 5}", scopes=("team:all", f"session:{key % 7}"))
    return Ask(f"{seed}-{key}", 1, "tool", "x", who, estimate)


def main(url: str, seed: int, rounds: int, death: int) -> None:
    database = Database(url)
    ledger = Accounts(database, LIMITS)
    count = SimpleNamespace(n=0)
    real = Statements.__call__

    def counting(self, db, statement, /, **values):
        count.n += 1
        if count.n == death:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, db, statement, **values)

    Statements.__call__ = counting
    rng = random.Random(seed)
    for key in range(rounds):
        asked = ask(key, seed, nusd=rng.randint(1, 60), tokens=rng.randint(1, 90))
        try:
            verdict = database.transaction(lambda db, asked=asked: ledger.hold(db, asked))
            if verdict.answer == "allow":
                spent = {"nusd": rng.randint(0, 20), "tokens": rng.randint(0, 99)}
                database.transaction(lambda db, a=asked, s=spent: ledger.settle(db, a, s))
        except Unavailable:
            continue
    sys.stdout.write(f"{count.n}\n")
    database.close()
