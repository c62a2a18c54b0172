"""What is left of the limits, written into a cache for cheap reads by anybody.

Nothing is decided by it: the ledger is the truth, and the mirror follows within a moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from core.kernel.gates import Ask, Who
from core.ledger.accounts import Accounts
from core.ledger.limits import Remaining
from core.storage.cache import Cache
from core.storage.database import Database, now

log = logging.getLogger(__name__)
PREFIX = "budget:"
PAUSE_S = 0.1  # what is settled meanwhile is read once
REST_S = 2.0  # while the cache does not answer
PENDING_MAX = 1_000
COUNTS = ("max", "held", "spent", "left")


class Mirror:
    """One hash for each scope that pays, until the next midnight (UTC).

    Fields are named "nusd.day.left": unit, period, and max, held, spent, left or resets_at;
    `at` says when they were true. Give `listen` to `kernel.listeners`.
    """

    def __init__(
        self, database: Database, ledger: Accounts, cache: Cache, *, pause_s: float = PAUSE_S
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._cache = cache
        self._pause_s = pause_s
        self._pending: dict[tuple[str, ...], Who] = {}
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._writer = threading.Thread(target=self._write, name="mirror", daemon=True)
        self._writer.start()

    def listen(self, ask: Ask, outcome: dict[str, Any]) -> None:
        """The scopes of a settled step will be written; returns at once."""
        if ask.estimate or outcome.get("spent"):
            self._want([ask.who])

    def read(self, scope: str) -> list[Remaining]:
        """What the mirror knows of the scope's limits; those whose window is over are left out."""
        fields = self._cache.fields(PREFIX + scope)
        names = sorted({name.rpartition(".")[0] for name in fields if "." in name})
        rows = [_remaining(scope, name, fields) for name in names]
        at = now()
        return [row for row in rows if row and (row.resets_at is None or row.resets_at > at)]

    def close(self) -> None:
        """Nothing more is written."""
        self._closed.set()
        self._wanted.set()
        self._writer.join(5)

    def _want(self, whos: Iterable[Who]) -> None:
        with self._lock:
            for who in whos:
                self._pending.pop(tuple(who.paying()), None)
                self._pending[tuple(who.paying())] = who
            while len(self._pending) > PENDING_MAX:  # the next settlement brings it back
                del self._pending[next(iter(self._pending))]
        self._wanted.set()

    def _write(self) -> None:
        while True:
            self._wanted.wait()
            self._closed.wait(self._pause_s if self._cache.answers else REST_S)
            if self._closed.is_set():
                return
            if not self._cache.answers:
                continue
            with self._lock:
                pending, self._pending = self._pending, {}
                self._wanted.clear()
            if left := self._mirror(list(pending.values())):
                self._want(left)

    def _mirror(self, whos: list[Who]) -> list[Who]:
        """Write what holds now; returns those for whom the cache did not answer."""
        for place, who in enumerate(whos):
            try:
                rows = self._ledger.remaining(who)
            except self._database.errors as error:
                log.warning("Limits could not be mirrored (%s).", type(error).__name__)
                continue
            self._put([row for row in rows if row.period != "request"])
            if not self._cache.answers:
                return whos[place:]
        return []

    def _put(self, rows: list[Remaining]) -> None:
        at = now()
        ttl_s = (_midnight(at) - at).total_seconds()
        rows = sorted(rows, key=lambda row: row.scope)
        for scope, group in groupby(rows, key=lambda row: row.scope):
            fields = {"at": at.isoformat()}
            for row in group:
                fields |= _fields(row)
            self._cache.put_fields(PREFIX + scope, fields, ttl_s)


def _fields(row: Remaining) -> dict[str, str]:
    name = f"{row.unit}.{row.period}"
    resets = {f"{name}.resets_at": row.resets_at.isoformat()} if row.resets_at else {}
    return {f"{name}.{count}": str(getattr(row, count)) for count in COUNTS} | resets


def _remaining(scope: str, name: str, fields: dict[str, str]) -> Remaining | None:
    """The limit `name`, e.g. "nusd.day"; None when others wrote there what is no limit."""
    unit, _, period = name.partition(".")
    resets = fields.get(f"{name}.resets_at")
    try:
        counts = {count: int(fields[f"{name}.{count}"]) for count in COUNTS}
        resets_at = datetime.fromisoformat(resets) if resets else None
    except (KeyError, ValueError):
        return None
    return Remaining(scope, unit, period, **counts, resets_at=resets_at)


def _midnight(at: datetime) -> datetime:
    """The next one, UTC."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
