"""Two doors: how often may this person ask, and is there room in the queue?"""

from __future__ import annotations

import logging
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.kernel.gates import Verdict, Who
from core.kernel.policies import Policy
from core.kernel.records import TASK
from core.storage.database import Database, now

log = logging.getLogger(__name__)
WINDOW_S = 60
TIMEOUT_S = 0.25  # that Redis may take for an answer, looking up its address included
REST_S = 15.0  # without Redis after it did not answer
THREADS_MAX = 4
PREFIX = "studio:rate"
RECENT = timedelta(minutes=1)
WAIT_MAX_S = 60


class RateDoor:
    """Lets a person start an operation so many times in any 60 seconds (a moving window).

    Counts are in Redis where there is one, and in this process while it does not answer: a Redis
    that is down delays one request by at most `timeout_s`, then none until `rest_s` have passed.
    """

    def __init__(
        self,
        per_minute: int = 20,
        anonymous_per_minute: int = 5,
        redis_url: str = "",
        *,
        window_s: int = WINDOW_S,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
    ) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._per_minute, self._anonymous = per_minute, anonymous_per_minute
        self._window_s, self._timeout_s, self._rest_s = window_s, timeout_s, rest_s
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()
        self._rests_until = 0.0
        self._shared = MovingWindowRateLimiter(_redis(redis_url, timeout_s)) if redis_url else None
        self._asking = ThreadPoolExecutor(THREADS_MAX, "rates") if redis_url else None

    def enter(self, operation: str, who: Who, policy: Policy) -> Verdict:
        """Allow, or refuse as `rate_limited` with `retry_after_s`."""
        most = self._anonymous if is_anonymous(who.person) else self._per_minute
        wait_s = self._count(most, who.org, who.person, operation)
        if wait_s is None:
            return Verdict("rate")
        return Verdict(
            "rate",
            "refuse",
            "rate_limited",
            f"More than {most} requests a minute for {operation} are too many.",
            hint=f"Try again in {wait_s} s.",
            details={"limit": most, "retry_after_s": wait_s},
        )

    @property
    def detail(self) -> str:
        """Where requests are counted now."""
        if self._shared is None:
            return "in process"
        return "Redis" if time.monotonic() >= self._rests_until else "in process; Redis is down"

    def close(self) -> None:
        """Connections and threads are given back."""
        if self._asking and self._shared:
            self._asking.shutdown(wait=False, cancel_futures=True)
            storage: Any = self._shared.storage
            storage.storage.close()

    def _count(self, most: int, *whose: str) -> int | None:
        """Seconds to wait, or None when this request is within the limit."""
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(most, self._window_s, PREFIX)
        if self._asking and time.monotonic() >= self._rests_until:
            try:
                asked = self._asking.submit(_hit, self._shared, item, whose)
                return asked.result(self._timeout_s)
            except (TimeoutError, OSError, RuntimeError, *_redis_errors()) as error:
                self._rest(error)
        with self._lock:
            return _hit(self._here, item, whose)

    def _rest(self, error: BaseException) -> None:
        self._rests_until = time.monotonic() + self._rest_s
        name = type(error).__name__  # its words may hold the address and its password
        log.warning("Redis does not answer (%s): requests are counted in this process.", name)


class QueueDoor:
    """Refuses a task when so many of its organisation wait in the same queue already.

    Tasks that come in at the same moment may pass together, so a queue can be a little longer.
    """

    def __init__(self, database: Database, most: int = 100) -> None:
        self._database, self._most = database, most

    def enter(self, operation: str, who: Who, policy: Policy) -> Verdict:
        """Allow, or refuse as `busy` with `retry_after_s`."""
        mine = (TASK.c.org_id == who.org, TASK.c.queue == policy.queue)
        waiting = sa.select(TASK.c.id).where(*mine, TASK.c.state == "queued").limit(self._most)
        count = sa.select(sa.func.count().label("n")).select_from(waiting.subquery())
        if self._database.rows(count)[0].n < self._most:
            return Verdict("queue")
        wait_s = self._wait_s(mine)
        return Verdict(
            "queue",
            "refuse",
            "busy",
            f"{self._most} tasks wait in the {policy.queue} queue already.",
            hint=f"Try again in {wait_s} s, or cancel some that wait.",
            details={"queue": policy.queue, "retry_after_s": wait_s},
        )

    def _wait_s(self, mine: tuple[sa.ColumnElement[bool], ...]) -> int:
        """Until one more has ended, at the pace of the last minute."""
        query = sa.select(sa.func.count().label("n")).select_from(TASK)
        ended = self._database.rows(query.where(*mine, TASK.c.ended_at > now() - RECENT))[0].n
        return max(1, math.ceil(WAIT_MAX_S / max(1, ended)))


def is_anonymous(person: str) -> bool:
    """Whether nobody knows who it is: no name, or one made for a visitor ("anonymous:...")."""
    return not person or person.startswith("anonymous")


def _hit(limiter: Any, item: Any, whose: tuple[str, ...]) -> int | None:
    if limiter.hit(item, *whose):
        return None
    ends_at = limiter.get_window_stats(item, *whose).reset_time
    return max(1, math.ceil(ends_at - now().timestamp()))


def _redis(url: str, timeout_s: float) -> Any:
    """Counts in Redis: one try each, with an end."""
    from limits.storage import RedisStorage
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisStorage(url, **options)


def _redis_errors() -> tuple[type[Exception], ...]:
    from redis import RedisError

    return (RedisError,)
