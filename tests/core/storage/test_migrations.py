"""The schema: what the code expects, and nothing else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from core.kernel.records import TASK
from core.ledger.records import USAGE
from core.storage import migrations
from core.storage.database import Database, now
from core.storage.migrations import is_current, migrate
from tests.core.kernel.proofs import parts


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


def test_rows_of_the_version_before_are_kept_and_read_as_what_they_were(database):
    alembic(database, "upgrade", "0001")
    rows = {
        "kernel_task": {"id": "t", "operation": "x", "org_id": "o", "person_id": "p", "who": "{}",
                        "queue": "batch", "input": "{}", "state": "done", "leg": 1, "events": 0,
                        "created_at": now()},
        "ledger_usage": {"task_id": "t", "seq": 1, "line": 0, "org_id": "o", "person_id": "p",
                         "operation": "x", "provider": "a", "model": "a/m", "prompt_tokens": 3,
                         "completion_tokens": 4, "cached_tokens": 0, "cache_write_tokens": 0,
                         "reasoning_tokens": 0, "units": 0, "cost_nusd": 7, "estimated": False,
                         "at": now()},
    }  # fmt: skip
    old = sa.MetaData()
    for name, row in rows.items():
        table = sa.Table(name, old, autoload_with=database.engine)
        values = {k: sa.type_coerce(v, table.c[k].type) for k, v in row.items()}
        database.transaction(lambda db, t=table, v=values: db.execute(sa.insert(t).values(v)))
    migrate(database)
    (use,) = database.rows(sa.select(USAGE))
    assert (use.cost_nusd, use.kind, use.cache_hit, use.batch, use.unit) == (
        7, "model", False, False, "",
    )  # fmt: skip
    (task,) = database.rows(sa.select(TASK))
    assert (task.id, task.policy, task.trace) == ("t", None, "")
