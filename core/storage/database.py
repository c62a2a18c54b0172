"""One SQL database. SQLite on a laptop, Postgres by changing the URL."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from core.errors import Unavailable

T = TypeVar("T")
RETRIED = {"40001", "40P01"}  # Postgres: serialization failure, deadlock


def new_id() -> str:
    """32 hex characters."""
    return uuid4().hex


def now() -> datetime:
    """The only clock: UTC, timezone-aware."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


class Utc(sa.TypeDecorator[datetime]):
    """A timestamp that is UTC-aware on both databases (SQLite forgets the zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Move any zone to UTC: SQLite would drop it."""
        return value.astimezone(UTC) if value and value.tzinfo else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give SQLite's naive value its zone back."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Json(sa.TypeDecorator[Any]):
    """JSON whose None is NULL."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True


class Database:
    """The open database. Raises Unavailable when it cannot be reached, or is another's SQLite."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._claim: IO[bytes] | None = None
        # One writer at a time in this process: SQLite has one write lock anyway, and waiting
        # for ours is fair and quick where its busy handler sleeps up to 100 ms.
        self._writing = threading.Lock() if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            file = Path(url.removeprefix("sqlite:///"))
            with explained(f"The folder {str(file.parent)!r}", "Set STUDIO_DATA_DIR to another."):
                file.parent.mkdir(parents=True, exist_ok=True)
                self._claim = claim(file.with_suffix(".lock"))
        self.engine = sa.create_engine(url, pool_size=pool_size, max_overflow=2 * pool_size)
        self._driver_error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        self.errors = (SQLAlchemyError, self._driver_error)  # all that a transaction may raise
        event.listen(self.engine, "connect", _prepare if self.is_sqlite else _in_utc)
        self._reach()

    def _reach(self) -> None:
        """One connection works. Raises Unavailable that names the setting, never the password."""
        try:
            with self.engine.connect() as db:
                db.exec_driver_sql("SELECT 1")
        except (DBAPIError, self._driver_error) as error:
            self.close()
            shown = self.engine.url.render_as_string(hide_password=True)
            first = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise Unavailable(
                f"The database {shown} cannot be used: {first}.",
                hint="Check DATABASE_URL and that the server runs; without it SQLite is used.",
            ) from None

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def transaction(self, act: Callable[[sa.Connection], T]) -> T:
        """All of `act`'s writes are committed, or none. `act` may run again: no I/O inside.

        The write lock comes first, so what `act` reads cannot change under it; on Postgres
        lock rows in one order: step, accounts by id, task.
        """
        committing = False
        for attempt in range(8):
            try:
                # An open transaction, so that the driver may be used directly inside.
                with self._writing, self.engine.connect() as db, db.begin() as transaction:
                    if self.is_sqlite:
                        db.exec_driver_sql("BEGIN IMMEDIATE")
                    result = act(db)
                    committing = True
                    transaction.commit()
                    return result
            except (OperationalError, self._driver_error) as error:
                cause = getattr(error, "orig", error)  # the driver may have been used directly
                if "disk is full" in str(cause):
                    raise Unavailable(
                        "The disk is full, so nothing more can be recorded.",
                        hint="Free some space; finished steps are kept and the task can go on.",
                    ) from error
                # The server restarted; when that was during the commit, nobody knows what it did.
                lost = getattr(error, "connection_invalidated", False) and not committing
                if not lost and getattr(cause, "sqlstate", "") not in RETRIED:
                    raise
            committing = False
            time.sleep(0.01 * 2**attempt)
        raise Unavailable("The database is too busy.", hint="Try again in a minute.")

    def rows(self, query: sa.Executable) -> list[sa.Row[Any]]:
        """What `query` finds now, outside any transaction."""
        try:
            return self._read(query)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._read(query)  # the server restarted; the pool knows it now

    def _read(self, query: sa.Executable) -> list[sa.Row[Any]]:
        with self.engine.connect() as db:
            return list(db.execute(query).all())

    def close(self) -> None:
        """Connections and the file lock are given back."""
        self.engine.dispose()
        if self._claim:
            self._claim.close()


@contextmanager
def explained(what: str, hint: str) -> Iterator[None]:
    """An error of the file system becomes Unavailable: `what` cannot be used, and the way out."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unavailable(f"{what} cannot be used: {reason}.", hint=hint) from error


def claim(path: Path) -> IO[bytes]:
    """The lock on `path`, held until the process ends. Raises Unavailable when taken."""
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Unavailable(
            f"Another process has {path.stem!r} open, and SQLite is for one process.",
            hint="Stop it, give this one another STUDIO_DATA_DIR, or set DATABASE_URL to"
            " PostgreSQL to run several.",
        ) from None
    return file


def _in_utc(connection: Any, _record: Any) -> None:
    connection.execute("SET TIME ZONE 'UTC'")  # a day in SQL is ours, not the server's
    connection.commit()


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"  # for the engine's own writes
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
