"""A file that may be edited while the studio runs: looked at on use, swapped whole."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from core.governance.policies.lines import SIZE_MAX, Faulty, Trouble

log = logging.getLogger(__name__)
T = TypeVar("T")
Stamp = tuple[int, ...]  # of a file as the system tells it; () when there is none
EVERY_S = 1.0
SETTLE_S = 0.25  # a change is taken when it stood still for so long: editors write in pieces


class Watched(Generic[T]):
    """The last good reading of `path`. `start` stands in until there is one."""

    def __init__(
        self,
        path: Path,
        read: Callable[[str], T],
        start: T,
        *,
        every_s: float = EVERY_S,
        told: Callable[[T], object] | None = None,
    ) -> None:
        self.path = path
        self._read = read
        self._every_s = every_s
        self._told = told
        self._looking = threading.Lock()
        self._next = self._seen_at = 0.0
        # Swapped as one, so that nobody ever sees half of a change.
        self._now: tuple[T, Trouble | None, str] = (start, None, "")
        self._was_read = False
        self._taken = self._seen = _stamp(path)
        self._take(told=None)

    @property
    def value(self) -> T:
        """The last good reading; an edit shows within about a second."""
        self.look()
        return self._now[0]

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the file as it is now, or None."""
        self.look()
        return self._now[1]

    @property
    def digest(self) -> str:
        """SHA-256 of the last good text, or nothing."""
        return self._now[2]

    @property
    def was_read(self) -> bool:
        """Whether there ever was a good reading."""
        return self._was_read

    def look(self, *, now: bool = False) -> None:
        """The file was looked at within the last second; with `now`, this moment, once it rests.

        Without `now`, whoever comes while another one looks goes on with what there is.
        """
        if _stamp(self.path) == self._taken if now else time.monotonic() < self._next:
            return
        if not self._looking.acquire(blocking=now):
            return
        try:
            if now:
                time.sleep(self._unrest_s())
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        if not self._unrest_s() and self._seen != self._taken and self._take(told=self._told):
            self._taken = self._seen
        is_known = self._seen == self._taken
        self._next = time.monotonic() + (self._every_s if is_known else SETTLE_S)

    def _unrest_s(self) -> float:
        """How long the file as it is now has yet to stand still before it is taken."""
        stamp, at = _stamp(self.path), time.monotonic()
        if stamp != self._seen:
            self._seen, self._seen_at = stamp, at
        return 0.0 if stamp == self._taken else max(0.0, self._seen_at + SETTLE_S - at)

    def _take(self, *, told: Callable[[T], object] | None) -> bool:
        """Read the file; False when it changed meanwhile."""
        value, _, digest = self._now
        try:
            text = _text(self.path)
            if _stamp(self.path) != self._seen:
                return False
            found = hashlib.sha256(text.encode()).hexdigest()
            if found == digest:
                self._now = (value, None, digest)
                return True
            self._now = (self._read(text), None, found)
        except Faulty as error:
            self._now = (value, error.trouble, digest)
            log.warning("%s: %s The last good one holds.", self.path.name, error.trouble)
            return True
        self._was_read = True
        if told:
            log.info("%s was read anew.", self.path.name)
            told(self._now[0])
        return True


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _text(path: Path) -> str:
    """The text of the file. Raises Faulty when it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(4 * SIZE_MAX + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise _unreadable(f"The file cannot be read: {reason}.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable("The file is not UTF-8 text.", line) from None


def _unreadable(message: str, line: int = 0) -> Faulty:
    return Faulty(message, hint="The last good one holds.", line=line, column=0, field="")
