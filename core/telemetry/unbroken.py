"""A thread that nobody waits for goes on whatever breaks in it, and says that something did."""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

from core.storage.database import now

log = logging.getLogger(__name__)
TOLD_S = 600.0  # after it broke; the log keeps it for longer


class Unbroken:
    """`with` it, an error of any kind is logged and remembered; what comes after goes on.

    For turns of a thread that nobody waits for: an error that ended it would end it unseen.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._last: tuple[float, str] | None = None

    @property
    def trouble(self) -> str:
        """What broke within the last minutes and when, or nothing."""
        last = self._last
        return last[1] if last and time.monotonic() - last[0] < TOLD_S else ""

    def __enter__(self) -> Self:
        """Begin a turn."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """True for every error but the end of the process."""
        if not isinstance(error, Exception):
            return False
        said = f"{type(error).__name__} at {now():%H:%M} UTC"
        self._last = (time.monotonic(), said)
        log.error("The %s met an error and goes on.", self._name, exc_info=error)
        return True
