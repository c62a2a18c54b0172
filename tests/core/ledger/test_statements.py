"""The ledger's statements, straight to the driver, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.kernel import Ask
from core.ledger import Accounts
from core.ledger.records import ACCOUNT, ENTRY, HOLD
from core.ledger.statements import STATEMENTS, Statements
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.kernel.proofs.parts import ANA

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # no microseconds: the shortest form there is
TICK = timedelta(microseconds=1)
BIG = 2**62


@pytest.fixture
def database(url):
    database = Database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def run(database):
    return Statements(sqlite=database.is_sqlite)


def opened(database, run, *names):
    about = {"org_id": "o", "scope": "s", "unit": "nusd", "window": ""}

    def act(db):
        return [run(db, "open", name=name, **about).fetchone()[0] for name in names]

    return database.transaction(act)


def test_an_account_is_opened_once_and_found_by_name(database, run):
    one, two = opened(database, run, "a", "b")
    about = {"org_id": "o", "scope": "s", "unit": "nusd", "window": ""}
    again = database.transaction(lambda db: run(db, "open", name="a", **about).fetchone())
    assert again is None
    names = ["a", "b", 'it\'s; not "there"']
    found = database.transaction(lambda db: run(db, "find", names=names).fetchall())
    assert dict(tuple(row) for row in found) == {"a": one, "b": two}


def test_a_set_may_be_empty(database, run):
    assert database.transaction(lambda db: run(db, "find", names=[]).fetchall()) == []
    assert database.transaction(lambda db: run(db, "lock", ids=[]).fetchall()) == []


def test_amounts_are_64_bits_and_go_to_the_account_of_their_unit(database, run):
    (id,) = opened(database, run, "a")
    amounts = {"held_nusd": BIG, "held_tokens": 3}

    def act(db):
        run(db, "hold", ids=[id], **amounts)
        run(
            db,
            "enter",
            key="k",
            kind="hold",
            ids=[id],
            at=AT,
            **amounts,
            spent_nusd=0,
            spent_tokens=0,
        )
        run(db, "book", ids=[id], held_nusd=BIG, held_tokens=0, spent_nusd=BIG, spent_tokens=1)

    database.transaction(act)
    assert tuple(database.rows(sa.select(ACCOUNT.c.held, ACCOUNT.c.spent))[0]) == (0, BIG)
    assert database.rows(sa.select(ENTRY.c.held))[0][0] == BIG


def test_times_the_driver_writes_and_times_sqlalchemy_writes_compare(database, run):
    held = {"held_nusd": 1, "held_tokens": 0}
    database.transaction(
        lambda db: run(db, "holds", key="k", org_id="o", accounts="[]", lease=AT, **held)
    )
    assert database.rows(sa.select(HOLD.c.lease_at))[0][0] == AT
    row = {"key": "k2", "org_id": "o", "state": "open", "nusd": 1, "tokens": 0, "accounts": "[]"}
    database.transaction(lambda db: db.execute(sa.insert(HOLD), {**row, "lease_at": AT}))
    stale = lambda at: database.transaction(lambda db: run(db, "stale", at=at).fetchall())  # noqa: E731
    assert stale(AT) == []
    assert sorted(row[0] for row in stale(AT + TICK)) == ["k", "k2"]
    database.transaction(lambda db: run(db, "renew", names=["k"], lease=AT + 2 * TICK))
    assert [row[0] for row in stale(AT + TICK)] == ["k2"]


def test_a_hold_is_released_once(database, run):
    held = {"held_nusd": BIG, "held_tokens": 2}
    listed = json.dumps([1])
    database.transaction(
        lambda db: run(db, "holds", key="k", org_id="o", accounts=listed, lease=AT, **held)
    )
    release = lambda: database.transaction(  # noqa: E731
        lambda db: run(db, "release", key="k", state="settled").fetchone()
    )
    assert tuple(release()) == (BIG, 2, listed)
    assert release() is None
    state = database.transaction(lambda db: run(db, "state", key="k").fetchone())
    assert state[0] == "settled"


def test_values_are_never_part_of_the_sql():
    for sqlite in (True, False):
        made = Statements(sqlite=sqlite)._sql
        assert set(made) == set(STATEMENTS)
        assert not [text for text in made.values() if "{" in text]
    assert not [text for text in made.values() if " :" in text], "Postgres wants %(name)s"


def test_amounts_are_64_bits_through_hold_and_settle(database):
    ledger = Accounts(database)
    ledger.limit("org:acme", "nusd", "day", 5_000_000_000)
    ask = Ask("big", 1, "tool", "x", ANA, {"nusd": 4_000_000_000})
    assert database.transaction(lambda db: ledger.hold(db, ask)).answer == "allow"
    assert database.transaction(lambda db: ledger.settle(db, ask, {"nusd": 0})) == {}
