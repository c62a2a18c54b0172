"""Files people give: their bytes go to the blobs, their names to the organisation's list."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable

import sqlalchemy as sa

from core.errors import NotFound
from core.storage.blobs import Blobs, Source
from core.storage.database import Database, now
from core.storage.records import SOURCE

NAME_MAX = 200


class Sources:
    """Everything that was given, by organisation."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def add(self, org_id: str, person_id: str, name: str, chunks: Iterable[bytes]) -> Source:
        """The stored file; giving the same again changes nothing."""
        hash, size = self._blobs.put(chunks)
        name = clean_name(name)
        media = mimetypes.guess_type(name)[0] or "application/octet-stream"
        source = Source(hash=hash, name=name, media_type=media, size_bytes=size)
        row = {"org_id": org_id, "person_id": person_id, "created_at": now(), **dict(source)}
        insert = self._database.insert(SOURCE).on_conflict_do_nothing()
        self._database.transaction(lambda db: db.execute(insert, row))
        return source

    def check(self, org_id: str, source: Source) -> None:
        """The organisation has this file. Raises NotFound, also when only others have it."""
        here = (SOURCE.c.org_id == org_id, SOURCE.c.hash == source.hash)
        if not self._database.rows(sa.select(SOURCE.c.hash).where(*here).limit(1)):
            raise NotFound(
                f"There is no file {source.name!r} with this hash.",
                hint="Upload it again; the hash names its exact bytes.",
            )

    def list(self, org_id: str, limit: int = 50) -> list[Source]:
        """The newest files of the organisation."""
        query = sa.select(SOURCE).where(SOURCE.c.org_id == org_id)
        query = query.order_by(SOURCE.c.created_at.desc()).limit(limit)
        return [Source(**row._asdict()) for row in self._database.rows(query)]


def clean_name(name: str) -> str:
    """`name` without folders and control characters, cut to 200 characters, never empty or dots."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(ch for ch in last if ch.isprintable()).strip()
    return kept[-NAME_MAX:] if kept.strip(".") else "file"
