"""Bytes by content hash. A folder here; any other keeper of bytes has the same four verbs."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from pydantic import BaseModel, Field

from core.errors import NotFound, Unavailable
from core.storage.database import explained

CHUNK_BYTES = 1 << 20
LEFT_S = 24 * 3600  # no upload takes longer
HASH = r"^[0-9a-f]{64}$"


class Source(BaseModel):
    """A file somebody gave: form, upload, API and command line all resolve to this.

    Operations never take a path from a caller, only the hash of bytes that were stored before.
    """

    hash: str = Field(pattern=HASH, description="SHA-256 of the bytes, in hex")
    name: str = Field(min_length=1, max_length=255, description="File name as it was given")
    media_type: str = "application/octet-stream"
    size_bytes: int = Field(ge=0)


class Blobs(Protocol):
    """What keeps bytes."""

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store the bytes and return their SHA-256 and size. Storing them again changes nothing."""
        ...

    def open(self, hash: str) -> BinaryIO:
        """A reader of the bytes. Raises NotFound."""
        ...

    @contextmanager
    def path(self, hash: str) -> Iterator[Path]:
        """A local, read-only file with the bytes, for libraries that need one. Raises NotFound."""
        ...

    def has(self, hash: str) -> bool:
        """Whether the bytes are stored."""
        ...


class Folder:
    """Blobs in a folder: `ab/cdef...`. A crash leaves no half blob: write aside, then rename."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with explained(f"The folder {str(root)!r}", "Set STUDIO_DATA_DIR to another."):
            root.mkdir(parents=True, exist_ok=True)
            for left in root.glob("put-*"):  # by a process that was killed while it wrote
                if left.stat().st_mtime < time.time() - LEFT_S:
                    left.unlink(missing_ok=True)

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store the bytes and return their SHA-256 and size. Raises Unavailable on a full disk."""
        digest, size = hashlib.sha256(), 0
        with explained("The store of files", "Check STUDIO_DATA_DIR."):
            handle, aside = tempfile.mkstemp(dir=self.root, prefix="put-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self._file(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            Path(aside).replace(target)
        except OSError as error:
            Path(aside).unlink(missing_ok=True)
            raise Unavailable(
                f"The file could not be stored: {error.strerror or error}.",
                hint="Free some disk space and try again; nothing that was stored before is lost.",
            ) from error
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def open(self, hash: str) -> BinaryIO:
        """A reader of the bytes. Raises NotFound."""
        return self._existing(hash).open("rb")

    @contextmanager
    def path(self, hash: str) -> Iterator[Path]:
        """The stored file itself; do not write to it. Raises NotFound."""
        yield self._existing(hash)

    def has(self, hash: str) -> bool:
        """Whether the bytes are stored."""
        return self._file(hash).exists()

    def _file(self, hash: str) -> Path:
        assert len(hash) == 64, "a blob is named by its SHA-256"
        return self.root / hash[:2] / hash[2:]

    def _existing(self, hash: str) -> Path:
        file = self._file(hash)
        if not file.exists():
            raise NotFound(f"No stored bytes with hash {hash[:12]}.")
        return file


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of `file` in pieces of 1 MiB."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
