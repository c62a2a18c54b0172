"""The owner, their password, their sessions."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import NotFound
from core.identity import People
from core.identity.records import ORG, PERSON, SESSION
from core.storage.database import Database
from core.storage.migrations import migrate


@pytest.fixture
def database(url):
    database = Database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def people(database):
    return People(database)


def stored(database, column):
    return database.rows(sa.select(column))[0][0]


def test_a_new_studio_has_one_owner_however_many_ask_at_once(database, people):
    found = []
    threads = [threading.Thread(target=lambda: found.append(people.local())) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len({person.id for person in found}) == 1
    assert (found[0].role, found[0].org_name) == ("owner", "My studio")
    for table in (ORG, PERSON):
        assert len(database.rows(sa.select(table))) == 1


def test_a_person_is_found_by_id_and_pays_with_every_scope(people):
    owner = people.local()
    assert people.person(owner.id) == owner
    with pytest.raises(NotFound):
        people.person("nobody")
    who = owner.who(session="s1", project="p1")
    assert who.paying() == [
        f"org:{owner.org_id}",
        f"person:{owner.id}",
        f"team:{owner.team_id}",
        f"project:{owner.org_id}:p1",
        "session:s1",
    ]
    assert owner.who().scopes == (f"team:{owner.team_id}",)


def test_a_password_is_made_once_and_only_its_argon2id_is_kept(database, people):
    made = people.ensure_password()
    assert len(made) >= 16
    assert people.ensure_password() == ""
    kept = stored(database, PERSON.c.password)
    assert kept.startswith("$argon2id$")
    assert made not in kept
    assert people.check(made) == people.local()
    for wrong in (made + "x", made[:-1], "", made.swapcase()):
        assert people.check(wrong) is None


def test_a_given_password_replaces_what_was_there_and_is_never_told(people):
    made = people.ensure_password()
    assert people.ensure_password("correct horse battery") == ""
    assert people.check(made) is None
    assert people.check("correct horse battery")


def test_nobody_signs_in_before_there_is_a_password(people):
    assert people.check("") is None
    people.local()
    assert people.check("") is None


def test_the_same_password_given_at_every_start_ends_no_session(people):
    people.ensure_password("correct horse battery")
    token = people.open_session(people.local())
    people.ensure_password("correct horse battery")
    assert people.by_session(token) == people.local()
    people.ensure_password("another horse battery")
    assert people.by_session(token) is None


def test_a_session_is_known_by_its_token_alone_until_it_ends(database, people):
    token = people.open_session(people.local())
    assert token not in str(database.rows(sa.select(SESSION)))
    assert people.by_session(token) == people.local()
    for other in ("", token + "x", stored(database, SESSION.c.token_hash)):
        assert people.by_session(other) is None
    people.end_session(token)
    assert people.by_session(token) is None


def test_a_session_ends_when_it_was_idle_and_not_while_it_is_used(database):
    people = People(database, idle=timedelta(hours=1))
    used, idle = (people.open_session(people.local()) for _ in range(2))

    def passes(minutes):
        earlier = [
            sa.update(SESSION)
            .where(SESSION.c.token_hash == row.token_hash)
            .values(seen_at=row.seen_at - minutes)
            for row in database.rows(sa.select(SESSION))
        ]
        database.transaction(lambda db: [db.execute(one) for one in earlier])

    for _ in range(3):
        passes(timedelta(minutes=40))
        assert people.by_session(used), "it was used forty minutes ago"
    assert people.by_session(idle) is None
    passes(timedelta(minutes=61))
    assert people.by_session(used) is None


def test_looking_at_a_session_seldom_writes(database, people):
    token = people.open_session(people.local())
    before = stored(database, SESSION.c.seen_at)
    for _ in range(3):
        people.by_session(token)
    assert stored(database, SESSION.c.seen_at) == before
