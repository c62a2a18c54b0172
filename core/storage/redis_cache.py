"""A cache in Redis that costs a request at most one short wait, whatever Redis does.

The first wait in vain opens the circuit: until a thread in the background has had an answer,
every verb is a miss at once. No request pays for the trial.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.errors import Invalid

T = TypeVar("T")
log = logging.getLogger(__name__)
PREFIX = "studio:"
TIMEOUT_S = 0.3  # of one verb, connecting included
REST_S = 2.0  # between two trials while Redis does not answer
TELL_S = 60.0  # between two lines in the log
DATA_MAX_BYTES = 4 * 1024 * 1024  # more would not arrive in time
PAGE = 500  # keys a turn of clearing
CONNECTIONS_MAX = 500  # one a thread that asks at the same time


class RedisCache:
    """The verbs of `Cache` over one pool of connections. Raises Invalid for an unreadable URL."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
        tell_s: float = TELL_S,
    ) -> None:
        self._patience = _Patience(timeout_s)
        self._pool = _pool(url, self._patience)
        self._client = _client(self._pool)
        self._rest_s, self._tell_s = rest_s, tell_s
        self._told_at = float("-inf")
        self._why = "was not asked yet"
        self._up = threading.Event()
        self._broken = threading.Event()
        self._broken.set()
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="redis", daemon=True)
        self._watcher.start()
        self._up.wait(timeout_s)

    @property
    def detail(self) -> str:
        """Whether Redis answers, and what it last said when not."""
        return "Redis" if self._up.is_set() else f"Redis {self._why}; nothing is cached"

    @property
    def answers(self) -> bool:
        """Whether the last that was asked of Redis was answered."""
        return self._up.is_set()

    def get(self, key: str) -> bytes | None:
        """The bytes that were put; None as well while Redis does not answer."""
        return self._ask(lambda redis: redis.get(PREFIX + key), None)

    def put(self, key: str, data: bytes, ttl_s: float) -> None:
        """`data` is kept for at most `ttl_s`, if Redis takes it in time."""
        if ttl_s <= 0 or len(data) > DATA_MAX_BYTES:
            return self.delete(key)
        return self._ask(lambda redis: redis.set(PREFIX + key, data, px=_ms(ttl_s)), None)

    def delete(self, key: str) -> None:
        """Nothing is kept under `key`, unless Redis does not answer."""
        self._ask(lambda redis: redis.unlink(PREFIX + key), None)

    def put_fields(self, key: str, fields: Mapping[str, str], ttl_s: float) -> None:
        """Exactly these fields are kept for at most `ttl_s`, in one hash."""

        def put(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.unlink(PREFIX + key)
                if fields and ttl_s > 0:
                    pipe.hset(PREFIX + key, mapping=dict(fields))
                    pipe.pexpire(PREFIX + key, _ms(ttl_s))
                pipe.execute()

        self._ask(put, None)

    def fields(self, key: str) -> dict[str, str]:
        """The fields that were put; empty as well while Redis does not answer."""
        found: dict[bytes, bytes] = self._ask(lambda redis: redis.hgetall(PREFIX + key), {})
        return {
            str(name, "utf-8", "replace"): str(v, "utf-8", "replace") for name, v in found.items()
        }

    def clear(self, prefix: str = "") -> None:
        """Nothing is kept under keys that begin with `prefix`, unless Redis stops to answer."""
        pattern = "".join(f"[{c}]" if c in "*?[" else c for c in (PREFIX + prefix))
        pattern = pattern.replace("\\", "\\\\") + "*"
        cursor: int | None = 0
        while cursor is not None:
            cursor = self._ask(lambda redis, at=cursor: _clear_some(redis, at, pattern), None)

    def close(self) -> None:
        """Connections are given back; what is asked later is a miss."""
        self._closed.set()
        self._up.clear()
        self._broken.set()
        self._watcher.join(2 * self._patience.timeout_s)
        self._pool.disconnect(inuse_connections=False)

    def _ask(self, act: Callable[[Any], T], miss: T) -> T:
        """What `act` gets from Redis in time; `miss` at once while the circuit is open."""
        if not self._up.is_set():
            return miss
        import redis

        try:
            with self._patience:
                return act(self._client)
        except redis.ResponseError as error:  # it answers, but says no: full, or another type
            self._tell(error)
        except (redis.RedisError, OSError) as error:
            self._break(error)
        return miss

    def _break(self, error: Exception) -> None:
        self._why = f"does not answer ({type(error).__name__})"
        self._up.clear()
        self._broken.set()
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        """One line a minute: the error's class only, its words may hold an address."""
        if time.monotonic() - self._told_at >= self._tell_s:
            self._told_at = time.monotonic()
            log.warning("Redis failed (%s); what it kept is asked for anew.", type(error).__name__)

    def _watch(self) -> None:
        """Try until Redis answers, then sleep until it does not."""
        import redis

        while True:
            self._broken.wait()
            if self._closed.is_set():
                return
            try:
                with self._patience:
                    self._client.ping()
            except (redis.RedisError, OSError) as error:
                self._break(error)
                self._closed.wait(self._rest_s)
            else:
                self._broken.clear()
                self._up.set()
                if self._closed.is_set():  # meanwhile
                    self._up.clear()
                    return


class _Patience(threading.local):
    """How long the verb of this thread may still take."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.ends_at = float("inf")

    @property
    def left_s(self) -> float:
        return self.ends_at - time.monotonic()

    def __enter__(self) -> None:
        self.ends_at = time.monotonic() + self.timeout_s

    def __exit__(self, *_: object) -> None:
        self.ends_at = float("inf")


class _Bounded:
    """A socket whose waits end with its verb: the library's own timeout begins with each byte."""

    def __init__(self, socket: Any, patience: _Patience) -> None:
        self._socket, self._patience = socket, patience
        self._timeout_s: float | None = patience.timeout_s

    def settimeout(self, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._socket.settimeout(timeout_s)

    def recv(self, *args: Any) -> bytes:
        self._hurry()
        return self._socket.recv(*args)

    def recv_into(self, *args: Any) -> int:
        self._hurry()
        return self._socket.recv_into(*args)

    def sendall(self, *args: Any) -> None:
        self._hurry()
        self._socket.sendall(*args)

    def _hurry(self) -> None:
        if self._timeout_s == 0:  # it only looks whether something is there
            return
        left_s = min(self._patience.left_s, self._timeout_s or self._patience.timeout_s)
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(left_s)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _pool(url: str, patience: _Patience) -> Any:
    """Connections to `url`; what the URL says of timeouts and decoding does not count."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        pool = redis.ConnectionPool.from_url(url, protocol=2, max_connections=CONNECTIONS_MAX)
    except (ValueError, TypeError):
        raise Invalid(
            "The address of Redis cannot be read.",
            hint="REDIS_URL looks like redis://user:password@host:6379/0.",
        ) from None
    pool.connection_kwargs = {
        **pool.connection_kwargs,
        "decode_responses": False,
        "socket_timeout": patience.timeout_s,
        "socket_connect_timeout": patience.timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_timeout": False,
        "retry_on_error": [],
        "health_check_interval": 0,
    }
    pool.connection_class = _hurried(pool.connection_class, patience)
    return pool


def _client(pool: Any) -> Any:
    import redis

    return redis.Redis(connection_pool=pool)


def _hurried(kind: Any, patience: _Patience) -> Any:
    """The same kind of connection, over sockets that are bounded by `patience`."""

    class Hurried(kind):
        def _connect(self) -> Any:
            wire = super()._connect()  # pyright: ignore[reportAttributeAccessIssue] - of any `kind`
            return _Bounded(wire, patience)

    return Hurried


def _clear_some(redis: Any, cursor: int, pattern: str) -> int | None:
    """Where to go on; None at the end."""
    found, keys = redis.scan(cursor, match=pattern, count=PAGE)
    if keys:
        redis.unlink(*keys)
    return found or None


def _ms(ttl_s: float) -> int:
    return max(1, int(ttl_s * 1000))
