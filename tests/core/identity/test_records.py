"""Who is who, as tables."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.identity.records import ORG, PERSON, SESSION, TEAM
from core.storage.database import Database, now
from core.storage.migrations import migrate


def test_everybody_belongs_to_an_organisation_and_a_team():
    for table in (TEAM, PERSON):
        assert {key.column.table for key in table.foreign_keys} >= {ORG}
        assert not table.columns.org_id.nullable
    assert TEAM in {key.column.table for key in PERSON.foreign_keys}
    assert PERSON in {key.column.table for key in SESSION.foreign_keys}


def test_a_person_of_no_organisation_cannot_be(pg_url):
    database = Database(pg_url)
    migrate(database)
    row = {"id": "p", "org_id": "none", "team_id": "none", "name": "P", "role": "owner"}
    row |= {"password": "", "created_at": now()}
    with pytest.raises(IntegrityError):
        database.transaction(lambda db: db.execute(sa.insert(PERSON), row))
    database.close()


def test_a_token_is_stored_once(url):
    database = Database(url)
    migrate(database)

    def two(db):
        at = now()
        db.execute(sa.insert(ORG), {"id": "o", "name": "O", "created_at": at})
        db.execute(sa.insert(TEAM), {"id": "t", "org_id": "o", "name": "T"})
        person = {"id": "p", "org_id": "o", "team_id": "t", "name": "P", "role": "owner"}
        db.execute(sa.insert(PERSON), {**person, "password": "", "created_at": at})
        session = {"token_hash": "h", "org_id": "o", "person_id": "p", "seen_at": at}
        db.execute(sa.insert(SESSION), [{**session, "created_at": at}] * 2)

    with pytest.raises(IntegrityError):
        database.transaction(two)
    assert database.rows(sa.select(ORG)) == []
    database.close()
