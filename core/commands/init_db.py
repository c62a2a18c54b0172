"""`init-db`: the database has every table of this version."""

from __future__ import annotations

import sys

from core.settings import load
from core.storage.database import Database
from core.storage.migrations import migrate


def init_db() -> int:
    """Bring the database up to date; running it again changes nothing."""
    settings = load()
    database = Database(settings.database, pool_size=1)
    try:
        migrate(database)
    finally:
        database.close()
    sys.stdout.write("The database is up to date.\n")
    return 0
