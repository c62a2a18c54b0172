"""The files of an organisation as tables: landed once, profiled once, opened locked."""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from core.data.land import land
from core.data.landing import Landing, ReadOptions
from core.data.profile import Profile, profile
from core.data.tables import Tables, open_tables
from core.errors import Invalid
from core.insight.records import LANDING
from core.storage.blobs import Blobs, Source, chunks_of
from core.storage.database import Database, now
from core.storage.sources import Sources

READER = "1"  # raise it when the same bytes and options would land differently
NAME_MAX = 40


class LandedFile(BaseModel):
    """A source, the table it became, and the Parquet blob that holds it."""

    source: Source
    table: str
    parquet: str  # hash
    landing: Landing


class Landings:
    """Reads files for everybody, keeps what it read."""

    def __init__(self, database: Database, blobs: Blobs, sources: Sources, temp: Path) -> None:
        self._database = database
        self._blobs = blobs
        self._sources = sources
        self._temp = temp
        temp.mkdir(parents=True, exist_ok=True)

    def land(
        self,
        org_id: str,
        source: Source,
        options: ReadOptions | None = None,
        *,
        table: str = "",
        stop: threading.Event | None = None,
    ) -> LandedFile:
        """The source as a table. Raises NotFound for files of others, Invalid for bad ones."""
        self._sources.check(org_id, source)
        table = table or table_name(source.name)
        found = self._row(org_id, source, options)
        if found and self._blobs.has(found.parquet_hash):
            landing = Landing.model_validate(found.landing)
            return LandedFile(
                source=source, table=table, parquet=found.parquet_hash, landing=landing
            )
        with tempfile.TemporaryDirectory(dir=self._temp) as folder:
            out = Path(folder) / "landed.parquet"
            with self._blobs.path(source.hash) as path:
                landing = land(path, source.name, out, options, stop)
            with out.open("rb") as file:
                parquet = self._blobs.put(chunks_of(file))[0]
        row: dict[str, Any] = {"org_id": org_id, "source_hash": source.hash, "created_at": now()}
        row["key"] = _key(source, options)
        row |= {"parquet_hash": parquet, "landing": landing.model_dump(mode="json")}
        insert = self._database.insert(LANDING).on_conflict_do_nothing()
        self._database.transaction(lambda db: db.execute(insert, row))
        return LandedFile(source=source, table=table, parquet=parquet, landing=landing)

    def profile(
        self, org_id: str, source: Source, options: ReadOptions | None = None
    ) -> tuple[Landing, Profile]:
        """What is in the source; remembered after the first time."""
        landed = self.land(org_id, source, options)
        found = self._row(org_id, source, options)
        if found and found.profile:
            return landed.landing, Profile.model_validate(found.profile)
        with self.open([landed]) as tables:
            made = profile(tables, landed.table, title=source.name)
        here = (LANDING.c.org_id == org_id, LANDING.c.source_hash == source.hash)
        here = (*here, LANDING.c.key == _key(source, options))
        update = sa.update(LANDING).where(*here).values(profile=made.model_dump(mode="json"))
        self._database.transaction(lambda db: db.execute(update))
        return landed.landing, made

    @contextmanager
    def open(self, files: Sequence[LandedFile]) -> Iterator[Tables]:
        """The files as tables of one locked connection."""
        with ExitStack() as stack:
            paths = {
                file.table: stack.enter_context(self._blobs.path(file.parquet)) for file in files
            }
            yield stack.enter_context(open_tables(paths, temp=self._temp))

    def _row(
        self, org_id: str, source: Source, options: ReadOptions | None
    ) -> sa.Row[tuple[object, ...]] | None:
        here = (LANDING.c.org_id == org_id, LANDING.c.source_hash == source.hash)
        here = (*here, LANDING.c.key == _key(source, options))
        rows = self._database.rows(sa.select(LANDING).where(*here))
        return rows[0] if rows else None


def table_name(file_name: str) -> str:
    """What queries call a file: "Q4 Sales (1).csv" -> "q4_sales_1"."""
    slug = re.sub(r"\W+", "_", Path(file_name).stem.lower(), flags=re.ASCII).strip("_")
    slug = slug[:NAME_MAX].strip("_") or "data"
    return f"t_{slug}" if slug[0].isdigit() else slug


def table_names(sources: Sequence[Source]) -> list[str]:
    """A different table name for each source, in order."""
    taken: list[str] = []
    for source in sources:
        name, more = table_name(source.name), 2
        while name in taken:
            name, more = f"{table_name(source.name)}_{more}", more + 1
        taken.append(name)
    return taken


def settled(landed: LandedFile) -> LandedFile:
    """The same file, when nothing about it is in doubt and it has rows. Raises Invalid."""
    landing = landed.landing
    if landing.questions:
        doubt = landing.questions[0]
        raise Invalid(
            f"{landed.source.name}: {doubt.question}",
            hint=f"Say which it is: {' or '.join(doubt.choices)}; on the command line with"
            f" --{doubt.field.replace('_', '-')}.",
            field=doubt.field,
            column=doubt.column,
            choices=doubt.choices,
            example=doubt.example,
        )
    if landing.rows == 0:
        raise Invalid(
            f"{landed.source.name} has a header but no rows, so there is nothing to look at.",
            hint="Give a file with at least one row of data.",
        )
    return landed


def _key(source: Source, options: ReadOptions | None) -> str:
    # The name is a hint to what the bytes are, so it belongs to the key.
    asked = (options or ReadOptions()).model_dump_json(exclude_none=True)
    return hashlib.sha256(f"{READER}|{source.name}|{asked}".encode()).hexdigest()
