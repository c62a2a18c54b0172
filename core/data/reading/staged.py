"""A file as columns of text in Parquet, named c0, c1, ...: where every reader leaves its rows."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from core.data.landing import ReadOptions, Rejected
from core.errors import Cancelled

Stop = threading.Event | None


@dataclass
class Staged:
    """Rows as they were read, before any type is decided."""

    relation: str  # what follows FROM
    names: list[str]  # as in the file
    options: ReadOptions
    rejected: Rejected = field(default_factory=Rejected)
    notes: list[str] = field(default_factory=list)
    types: list[str] | None = None  # of c0, c1, ...; None: all text
    fields: list[str] | None = None  # expressions instead of c0, c1, ...


@dataclass
class Place:
    """Where a reader may leave files, and how it is told to stop."""

    folder: Path
    stop: Stop = None

    def check(self) -> None:
        """Nothing happens, or Cancelled is raised because somebody said stop."""
        if self.stop is not None and self.stop.is_set():
            raise Cancelled("Reading the file was stopped.", hint="Nothing was kept.")
