"""The schema: what the code expects, and nothing else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from core.storage import migrations
from core.storage.database import Database
from core.storage.migrations import is_current, migrate
from tests.core.kernel import parts


def ours(_object, name, type_, _reflected, _to):
    return type_ != "table" or name in SQLModel.metadata.tables


def difference(database):
    with database.engine.connect() as db:
        options = {"include_object": ours, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(db, opts=options)
        return compare_metadata(context, SQLModel.metadata)


def tables(database):
    return set(sa.inspect(database.engine).get_table_names())


def alembic(database, verb, to):
    config = migrations._config()
    with database.engine.connect() as db:
        config.attributes["connection"] = db
        getattr(command, verb)(config, to)
        db.commit()


@pytest.fixture
def database(url):
    database = Database(url)
    yield database
    database.close()


def test_autogenerate_has_nothing_to_add_beside_the_engines_tables(url, tmp_path):
    parts.WORLD.folder = tmp_path
    kernel = parts.open_studio(url)
    kernel.close()
    assert difference(kernel.database) == []
    schema = None if kernel.database.is_sqlite else "dbos"
    theirs = set(sa.inspect(kernel.database.engine).get_table_names(schema=schema))
    assert "workflow_status" in theirs
    kernel.database.close()


def test_migrating_twice_changes_nothing(database):
    assert not is_current(database)
    migrate(database)
    assert is_current(database)
    before = tables(database)
    migrate(database)
    assert tables(database) == before
    assert difference(database) == []


def test_down_to_nothing_and_up_again(database):
    migrate(database)
    full = tables(database)
    alembic(database, "downgrade", "base")
    assert tables(database) == {"alembic_version"}
    assert not is_current(database)
    migrate(database)
    assert tables(database) == full
    assert difference(database) == []


def test_what_others_keep_in_the_same_database_is_left_alone(database):
    database.transaction(lambda db: db.execute(sa.text("create table theirs (a int)")))
    migrate(database)
    alembic(database, "downgrade", "base")
    assert "theirs" in tables(database)
