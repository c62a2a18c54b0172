"""One database of two kinds: what it promises, on both."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Unavailable
from core.storage.database import Database, Json, Utc, claim, new_id, now

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Utc),
    sa.Column("data", Json),
    sa.Column("n", sa.BigInteger, default=0),
)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001
KEPT = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def database(url):
    database = Database(url)
    TABLE.create(database.engine)
    yield database
    database.close()


def put(database, **row):
    def write(db):
        db.execute(sa.delete(TABLE))
        db.execute(sa.insert(TABLE), {"id": 1, **row})

    database.transaction(write)


def the(database, column):
    return database.rows(sa.select(TABLE.c[column]))[0][0]


@KEPT
@given(moment=MOMENTS)
def test_a_moment_comes_back_as_the_same_moment_in_utc(database, moment):
    put(database, at=moment)
    back = the(database, "at")
    assert back == moment
    assert back.utcoffset() == timedelta(0)
    assert database.rows(sa.select(TABLE.c.id).where(TABLE.c.at <= moment))
    assert not database.rows(sa.select(TABLE.c.id).where(TABLE.c.at < moment))


def test_the_clock_is_utc_and_ids_are_32_hex_characters():
    assert now().tzinfo is UTC
    assert len({new_id() for _ in range(50)} | {"0" * 32}) == 51
    assert all(len(new_id()) == 32 and int(new_id(), 16) >= 0 for _ in range(50))


@KEPT
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    )
)
def test_json_comes_back_as_it_was_and_none_is_null(database, data):
    put(database, data=data)
    assert the(database, "data") == data
    null = database.rows(sa.select(TABLE.c.id).where(TABLE.c.data.is_(None)))
    assert bool(null) == (data is None)


def test_an_act_that_raises_writes_nothing(database):
    put(database, n=1)

    def fail(db):
        db.execute(sa.update(TABLE).values(n=2))
        raise LookupError

    with pytest.raises(LookupError):
        database.transaction(fail)
    assert the(database, "n") == 1


def test_read_modify_write_loses_nothing_under_8_threads(database):
    put(database, n=0)

    def add(db):
        value = db.execute(sa.select(TABLE.c.n).with_for_update()).scalar()
        time.sleep(0.001)
        db.execute(sa.update(TABLE).values(n=value + 1))

    def work():
        for _ in range(20):
            database.transaction(add)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert the(database, "n") == 160


def test_an_upsert_is_the_same_statement_on_both(database):
    for n in (1, 2):
        insert = database.insert(TABLE).values(id=7, n=n)
        insert = insert.on_conflict_do_update(index_elements=["id"], set_={"n": n})
        database.transaction(lambda db, insert=insert: db.execute(insert))
    assert the(database, "n") == 2


def test_two_transactions_that_lock_each_other_out_both_end(pg_url):
    database = Database(pg_url)
    TABLE.create(database.engine)
    database.transaction(lambda db: db.execute(sa.insert(TABLE), [{"id": 1}, {"id": 2}]))
    meet, tries = threading.Barrier(2), []

    def cross(first, second):
        def act(db):
            tries.append(first)
            for id in (first, second):
                db.execute(sa.update(TABLE).where(TABLE.c.id == id).values(n=TABLE.c.n + 1))
                if len(tries) <= 2 and id == first:
                    meet.wait(60)

        database.transaction(act)

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    [t.start() for t in threads]
    [t.join(120) for t in threads]
    assert len(tries) == 3, "the database chose one, and it was tried again"
    assert [row.n for row in database.rows(sa.select(TABLE.c.n))] == [2, 2]
    database.close()


def drop_all(pg_url):
    """The server closes every connection to this database, as a restart does."""
    other = Database(pg_url)
    drop = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    other.rows(sa.text(drop))
    other.close()


@pytest.mark.parametrize("raw", [False, True], ids=["sqlalchemy", "driver"])
def test_connections_the_server_dropped_are_replaced(pg_url, raw):
    database = Database(pg_url, pool_size=2)
    TABLE.create(database.engine)
    connections = [database.engine.connect() for _ in range(2)]
    [connection.close() for connection in connections]
    drop_all(pg_url)

    def act(db):
        if raw:
            db.connection.driver_connection.execute("insert into thing (id, n) values (1, 1)")
        else:
            db.execute(sa.insert(TABLE), {"id": 1, "n": 1})

    database.transaction(act)
    assert the(database, "n") == 1
    database.close()


def test_a_read_survives_a_server_that_restarted(pg_url):
    database = Database(pg_url, pool_size=2)
    drop_all(pg_url)
    assert database.rows(sa.text("select 1"))[0][0] == 1
    database.close()


def test_the_session_of_postgres_counts_days_in_utc_whatever_the_server_says(pg_url):
    database = Database(pg_url)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        name = sa.make_url(pg_url).database
        db.exec_driver_sql(f"alter database {name} set timezone to 'Pacific/Kiritimati'")
    database.close()
    database = Database(pg_url)
    TABLE.create(database.engine)
    put(database, at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    day = sa.func.substr(sa.cast(TABLE.c.at, sa.String), 1, 10)
    assert database.rows(sa.select(day))[0][0] == "2026-11-20"
    database.close()


def test_a_full_database_is_unavailable_and_goes_on_when_there_is_room(sqlite_url):
    database = Database(sqlite_url)
    TABLE.create(database.engine)
    put(database, n=5)
    blob = {"text": "x" * 1_000_000}

    def fill(db):
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        db.execute(sa.insert(TABLE), {"id": 2, "data": blob})

    with pytest.raises(Unavailable, match="disk is full") as caught:
        database.transaction(fill)
    assert "Free some space" in caught.value.hint
    assert [row.n for row in database.rows(sa.select(TABLE.c.n))] == [5]

    def room(db):
        db.exec_driver_sql("PRAGMA max_page_count = 1000000")
        db.execute(sa.insert(TABLE), {"id": 2, "data": blob})

    database.transaction(room)
    assert len(database.rows(sa.select(TABLE.c.id))) == 2
    database.close()


def test_a_second_process_on_sqlite_hears_both_ways_out(sqlite_url):
    database = Database(sqlite_url)
    with pytest.raises(Unavailable) as caught:
        Database(sqlite_url)
    assert "STUDIO_DATA_DIR" in caught.value.hint
    assert "DATABASE_URL" in caught.value.hint
    database.close()
    Database(sqlite_url).close()


def test_a_claim_is_given_back_when_it_is_closed(tmp_path):
    first = claim(tmp_path / "a.lock")
    with pytest.raises(Unavailable, match="'a'"):
        claim(tmp_path / "a.lock")
    first.close()
    claim(tmp_path / "a.lock").close()


def test_the_folder_of_a_new_database_is_made(tmp_path):
    Database(f"sqlite:///{tmp_path}/new/folder/studio.db").close()
    assert (tmp_path / "new" / "folder").is_dir()
