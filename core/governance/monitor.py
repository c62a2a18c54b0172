"""Watches spending as it happens: thresholds at once, anomalies a moment later.

The kernel tells of each settled step; that only makes a note and wakes one thread. While nothing
is spent the thread sleeps on one event, without a clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from core.errors import StudioError
from core.governance import anomalies, thresholds
from core.governance.alerts import News, tell
from core.governance.anomalies import Spender
from core.governance.webhook import Webhook
from core.kernel.gates import Ask, Who
from core.ledger import Remaining
from core.ledger.windows import starts_at
from core.storage.database import Database, now
from core.telemetry.unbroken import Unbroken

Hour = tuple[Spender, datetime]  # what somebody spends in the hour that begins then
PAUSE_S = 0.25  # between two looks: what comes meanwhile is looked at together
AGAIN_S = 30.0  # an hour's spend of the same person and operation is judged this often
RETRY_S = 1.0  # after trouble with the database


class Books(Protocol):
    """Where limits stand."""

    def remaining(self, who: Who) -> list[Remaining]:
        """Every limit above `who`."""
        ...


class Monitor:
    """Tells people of limits that fill up and of hours that cost too much. One a process."""

    def __init__(
        self,
        database: Database,
        books: Books,
        *,
        percents: Sequence[int] = (50, 80, 100),
        anomaly_nusd: int = 500_000_000,
        webhook: Webhook | None = None,
    ) -> None:
        self._database = database
        self._books = books
        self._percents = tuple(percents)
        self._anomaly_nusd = anomaly_nusd
        self._webhook = webhook
        self._lock = threading.Lock()
        self._paying: dict[tuple[str, ...], Who] = {}
        self._refusals: list[tuple[Who, dict[str, Any]]] = []
        self._hours: dict[Hour, float] = {}  # when each is judged next, monotonic
        self._judged: dict[Hour, float] = {}
        self._ready = threading.Event()
        self._closed = threading.Event()
        self._unbroken = Unbroken("monitor")
        self._thread = threading.Thread(target=self._watch, name="monitor", daemon=True)

    def start(self) -> None:
        """Watch until `close`."""
        if self._webhook:
            self._webhook.start()
        self._thread.start()

    def close(self) -> None:
        """What was heard until now is looked at; then nothing is watched any more."""
        self._closed.set()
        self._ready.set()
        if self._thread.is_alive():
            self._thread.join(5)
        if self._webhook:
            self._webhook.close()

    @property
    def trouble(self) -> str:
        """What broke lately in what watches or posts, or that it has ended; nothing when well."""
        if not self._closed.is_set() and not self._thread.is_alive():
            return "it does not run"
        posting = self._webhook.trouble if self._webhook else ""
        return self._unbroken.trouble or (posting and f"the webhook: {posting}")

    def told(self, ask: Ask, outcome: Mapping[str, Any]) -> None:
        """A step has settled, or was refused; a listener of the kernel. Returns at once."""
        refused = outcome.get("code") == "budget_exceeded"
        spent = outcome.get("spent") or {}
        if not refused and not any(spent.values()):
            return  # what is free fills no limit
        spender = (ask.who.org, ask.who.person, ask.operation)
        hour = (spender, starts_at("hour", now()))
        with self._lock:
            self._paying[tuple(ask.who.paying())] = ask.who
            if refused:
                self._refusals.append((ask.who, dict(outcome.get("details") or {})))
            if spent.get("nusd"):
                due = self._judged.get(hour, 0.0) + AGAIN_S
                self._hours.setdefault(hour, max(time.monotonic() + PAUSE_S, due))
        self._ready.set()

    def look(self, who: Who) -> list[str]:
        """The ids of new alerts about the limits above `who`, for instance after one was set."""
        limits = self._books.remaining(who)
        return self._tell(thresholds.news_of(self._database, who, limits, self._percents))

    def judge(self, spender: Spender, at: datetime) -> list[str]:
        """The ids of new alerts about what the spender spent in the hour of `at`."""
        found = anomalies.find(self._database, spender, self._anomaly_nusd, at)
        return self._tell([found] if found else [])

    def _tell(self, news: Sequence[News]) -> list[str]:
        made = tell(self._database, news, post=self._webhook is not None)
        if made and self._webhook:
            self._webhook.wake()
        return made

    def _watch(self) -> None:
        while not self._closed.is_set():
            with self._unbroken:
                self._ready.wait(self._wait_s())
                self._ready.clear()
                self._look_at_all()
            self._closed.wait(PAUSE_S)
        self._look_at_all()

    def _look_at_all(self) -> None:
        """Everything heard was looked at; what the database could not take is kept for later."""
        with self._lock:
            paying, self._paying = self._paying, {}
            refusals, self._refusals = self._refusals, []
        for key, who in paying.items():
            self._insist(lambda who=who: self.look(who), lambda k=key, w=who: self._keep(k, w))
        for refusal in refusals:
            self._insist(
                lambda r=refusal: self._refused(*r), lambda r=refusal: self._refusals.append(r)
            )
        for hour in self._due():
            self._insist(lambda h=hour: self.judge(*h), lambda h=hour: self._later(h))

    def _insist(self, act: Callable[[], object], keep: Callable[[], object]) -> None:
        """What the database could not do is tried again; what broke in another way is not."""
        with self._unbroken:
            try:
                act()
            except (*self._database.errors, StudioError):
                if not self._closed.wait(RETRY_S):  # else the next start finds the limits anew
                    with self._lock:
                        keep()
                    self._ready.set()
                raise

    def _refused(self, who: Who, details: Mapping[str, Any]) -> list[str]:
        found = thresholds.refused(self._database, who, details)
        return self._tell([found] if found else [])

    def _keep(self, key: tuple[str, ...], who: Who) -> None:
        self._paying.setdefault(key, who)

    def _later(self, hour: Hour) -> None:
        self._hours.setdefault(hour, time.monotonic() + RETRY_S)

    def _due(self) -> list[Hour]:
        at = time.monotonic()
        with self._lock:
            due = [h for h, when in self._hours.items() if when <= at or self._closed.is_set()]
            for hour in due:
                del self._hours[hour]
            recent = {h: when for h, when in self._judged.items() if when > at - AGAIN_S}
            self._judged = recent | dict.fromkeys(due, at)
        return due

    def _wait_s(self) -> float | None:
        """Seconds until some hour is to be judged; None while none is."""
        with self._lock:
            first = min(self._hours.values(), default=None)
        return None if first is None else max(0.0, first - time.monotonic())
