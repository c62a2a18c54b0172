"""The list of files, as a table."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.storage.database import Database, now
from core.storage.migrations import migrate
from core.storage.records import SOURCE


def test_the_same_file_is_listed_once_for_each_organisation_and_name(url):
    database = Database(url)
    migrate(database)
    row = {"org_id": "a", "hash": "h", "name": "n", "media_type": "m", "size_bytes": 5 * 2**32}
    row |= {"person_id": "p", "created_at": now()}
    insert = lambda **other: database.transaction(  # noqa: E731
        lambda db: db.execute(sa.insert(SOURCE), {**row, **other})
    )
    insert()
    insert(org_id="b")
    insert(name="other")
    with pytest.raises(IntegrityError):
        insert()
    assert database.rows(sa.select(sa.func.max(SOURCE.c.size_bytes)))[0][0] == 5 * 2**32
    database.close()
