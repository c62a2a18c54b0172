"""What may be forgotten: bytes by key for a while, in this process or in Redis.

Nothing that must be true is kept here. Every verb returns at once and never raises.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

MEMORY_MAX_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 200  # what Python needs to keep one entry, beside its key and its bytes
PART = 8  # nothing may push out more than an eighth of the rest


class Cache(Protocol):
    """What keeps bytes for a while. A cache that is down knows nothing and keeps nothing."""

    @property
    def detail(self) -> str:
        """A word about it for `/readyz`: no addresses, no secrets."""
        ...

    @property
    def answers(self) -> bool:
        """Whether what is put now is kept, as far as is known."""
        ...

    def get(self, key: str) -> bytes | None:
        """The bytes that were put and have not expired; None when there are none."""
        ...

    def put(self, key: str, data: bytes, ttl_s: float) -> None:
        """`data` is kept for at most `ttl_s`; zero or less keeps nothing under `key`."""
        ...

    def delete(self, key: str) -> None:
        """Nothing is kept under `key`."""
        ...

    def put_fields(self, key: str, fields: Mapping[str, str], ttl_s: float) -> None:
        """Exactly these fields are kept for at most `ttl_s`: a hash in Redis, for any reader."""
        ...

    def fields(self, key: str) -> dict[str, str]:
        """The fields that were put and have not expired; empty when there are none."""
        ...

    def clear(self, prefix: str = "") -> None:
        """Nothing is kept under keys that begin with `prefix`."""
        ...

    def close(self) -> None:
        """Connections are given back."""
        ...


@dataclass(frozen=True)
class _Entry:
    data: bytes | dict[str, str]
    size_bytes: int
    ends_at: float


class Memory:
    """A cache in this process: bounded in bytes, the least recently used goes first."""

    def __init__(
        self,
        max_bytes: int = MEMORY_MAX_BYTES,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def detail(self) -> str:
        """Where it is."""
        return "in process"

    @property
    def answers(self) -> bool:
        """Always."""
        return True

    def get(self, key: str) -> bytes | None:
        """The bytes that were put and have not expired."""
        found = self._find(key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, data: bytes, ttl_s: float) -> None:
        """`data` is kept for at most `ttl_s`, unless it is too big to be worth it."""
        with self._lock:
            self._keep(key, bytes(data), len(data), self._clock() + ttl_s)

    def delete(self, key: str) -> None:
        """Nothing is kept under `key`."""
        with self._lock:
            self._drop(key)

    def put_fields(self, key: str, fields: Mapping[str, str], ttl_s: float) -> None:
        """Exactly these fields are kept for at most `ttl_s`."""
        size = sum(len(name) + len(value) for name, value in fields.items())
        with self._lock:
            self._keep(key, dict(fields), size, self._clock() + ttl_s)

    def fields(self, key: str) -> dict[str, str]:
        """The fields that were put and have not expired."""
        found = self._find(key)
        return dict(found) if isinstance(found, dict) else {}

    def clear(self, prefix: str = "") -> None:
        """Nothing is kept under keys that begin with `prefix`."""
        with self._lock:
            for key in [key for key in self._entries if key.startswith(prefix)]:
                self._drop(key)

    def close(self) -> None:
        """Nothing is kept."""
        self.clear()

    def _find(self, key: str) -> bytes | dict[str, str] | None:
        with self._lock:
            entry = self._living(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry.data

    def _living(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry and entry.ends_at <= self._clock():
            self._drop(key)
            return None
        return entry

    def _keep(self, key: str, data: bytes | dict[str, str], size: int, ends_at: float) -> None:
        self._drop(key)
        size += len(key) + ENTRY_BYTES
        if ends_at <= self._clock() or size > self._max_bytes // PART:
            return
        self._entries[key] = _Entry(data, size, ends_at)
        self.size_bytes += size
        while self.size_bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry:
            self.size_bytes -= entry.size_bytes


def open_cache(redis_url: str = "", *, max_bytes: int = MEMORY_MAX_BYTES) -> Cache:
    """The cache at `redis_url`, or one in this process when there is none.

    A Redis that does not answer is no reason to fail: it is asked again in the background.
    Raises Invalid for a URL that cannot be read.
    """
    if not redis_url:
        return Memory(max_bytes)
    from core.storage.redis_cache import RedisCache

    return RedisCache(redis_url)
