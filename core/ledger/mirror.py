"""What is left of the limits, written into a cache for cheap reads by anybody.

Nothing is decided by it: the ledger is the truth, and the mirror follows within a moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from core.kernel.gates import Ask, Who
from core.ledger.accounts import Accounts
from core.ledger.limits import Remaining
from core.storage.cache import Cache
from core.storage.database import Database, now
from core.telemetry.unbroken import Unbroken

log = logging.getLogger(__name__)
PREFIX = "budget:"
PAUSE_S = 0.1  # what is settled meanwhile is read once
REST_S = 2.0  # while the cache does not answer
FRESH = timedelta(seconds=5)  # what is older is asked of the ledger: limits change, holds come
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
        self._unbroken = Unbroken("mirror of limits")
        self._writer = threading.Thread(target=self._write, name="mirror", daemon=True)
        self._writer.start()

    def listen(self, ask: Ask, outcome: dict[str, Any]) -> None:
        """The scopes of a settled step will be written; returns at once."""
        if ask.estimate or outcome.get("spent"):
            self._want([ask.who])

    def left(self, who: Who) -> list[Remaining]:
        """What is left of the limits above `who`, those of one request apart, in no order.

        From the cache where all of it is there and fresh, else from the ledger, for the next time
        into the cache as well.
        """
        found: list[Remaining] = []
        for scope in who.paying():
            rows = self.read(scope)
            if rows is None:
                self._want([who])
                return [row for row in self._ledger.remaining(who) if row.period != "request"]
            found += rows
        return found

    def read(self, scope: str) -> list[Remaining] | None:
        """What the cache says of the scope's limits; None when it is not there or not fresh."""
        fields, at = self._cache.fields(PREFIX + scope), now()
        names = sorted({name.rpartition(".")[0] for name in fields if "." in name})
        try:
            if datetime.fromisoformat(fields["at"]) < at - FRESH:
                return None
            rows = [_remaining(scope, name, fields) for name in names]
        except (KeyError, ValueError, TypeError):  # others wrote there what is no limit
            return None
        is_over = any(row.resets_at is not None and row.resets_at <= at for row in rows)
        return None if is_over else rows

    def close(self) -> None:
        """What was settled is written, if the cache answers; then nothing more is."""
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
        while not self._closed.is_set():
            self._wanted.wait()
            self._closed.wait(self._pause_s if self._cache.answers else REST_S)
            with self._unbroken:
                self._flush()
        self._flush()  # what was settled while the one before was written

    def _flush(self) -> None:
        if not self._cache.answers:
            return
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
            self._put(who.paying(), [row for row in rows if row.period != "request"])
            if not self._cache.answers:
                return whos[place:]
        return []

    def _put(self, scopes: list[str], rows: list[Remaining]) -> None:
        at = now()
        ttl_s = (_midnight(at) - at).total_seconds()
        known = {scope: {"at": at.isoformat()} for scope in scopes}  # without a limit is known too
        for row in rows:
            known.setdefault(row.scope, {"at": at.isoformat()}).update(_fields(row))
        for scope, fields in known.items():
            self._cache.put_fields(PREFIX + scope, fields, ttl_s)


def _fields(row: Remaining) -> dict[str, str]:
    name = f"{row.unit}.{row.period}"
    resets = {f"{name}.resets_at": row.resets_at.isoformat()} if row.resets_at else {}
    return {f"{name}.{count}": str(getattr(row, count)) for count in COUNTS} | resets


def _remaining(scope: str, name: str, fields: dict[str, str]) -> Remaining:
    """The limit `name`, e.g. "nusd.day". Raises KeyError and ValueError for what is no limit."""
    unit, _, period = name.partition(".")
    resets = fields.get(f"{name}.resets_at")
    counts = {count: int(fields[f"{name}.{count}"]) for count in COUNTS}
    resets_at = datetime.fromisoformat(resets) if resets else None
    return Remaining(scope, unit, period, **counts, resets_at=resets_at)


def _midnight(at: datetime) -> datetime:
    """The next one, UTC."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
