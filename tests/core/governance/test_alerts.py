"""Alerts: once, in order, each organisation its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core.governance.alerts import News, alerts, known, see, tell, whose
from core.governance.records import ALERT
from core.identity import People
from core.storage.database import Database
from core.storage.migrations import migrate


@pytest.fixture
def database(url):
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


def news(key, severity="warning", org="acme", **more):
    about = {"kind": "threshold", "scope": "person:ana", "title": key, "cause": {"n": 1}}
    return News(org, key, severity=severity, **{**about, **more})


def test_the_same_key_is_told_once_whoever_is_first(database):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: tell(database, [news("a"), news("b")]), range(16)))
    assert sorted(len(ids) for ids in made if ids) in ([2], [1, 1])
    assert sum(len(ids) for ids in made) == 2
    assert known(database, ["a", "b", "c"]) == {"a", "b"}
    assert tell(database, []) == []
    assert known(database, []) == set()


def test_unseen_ones_come_first_and_what_is_seen_stays_listed(database):
    tell(database, [news("old"), news("quiet", "info"), news("new", "critical")])
    first = alerts(database, "acme", unseen=True)
    assert {row.key for row in first} == {"old", "new"}
    old = next(row.id for row in first if row.key == "old")
    assert see(database, "acme", [old], "bo") == 1
    assert see(database, "acme", [old], "eve") == 0, "the first who saw it counts"
    assert alerts(database, "acme")[0].key == "new"
    assert {row.key: row.seen_by for row in alerts(database, "acme")} == {
        "old": "bo",
        "quiet": "",
        "new": "",
    }


def test_another_organisation_neither_sees_nor_marks_them(database):
    (id,) = tell(database, [news("mine")])
    assert alerts(database, "other") == []
    assert see(database, "other", [id], "eve") == 0


def test_only_loud_ones_wait_for_the_webhook(database):
    tell(database, [news("quiet", "info"), news("loud")], post=True)
    tell(database, [news("unposted", "critical")])
    waiting = sa.select(ALERT.c.key).where(ALERT.c.send_at.is_not(None))
    assert [row.key for row in database.rows(waiting)] == ["loud"]


def test_scopes_have_the_names_people_know(database):
    owner = People(database).local()
    assert whose(database, f"person:{owner.id}") == owner.name
    assert whose(database, f"team:{owner.team_id}") == "Team Everyone"
    assert whose(database, f"use:{owner.id}:email") == f"{owner.name}, email"
    assert whose(database, f"org:{owner.org_id}") == "The organisation"
    assert whose(database, "task:0123456789ab") == "Task 01234567"
    assert whose(database, "project:p1") == "Project p1"
    assert whose(database, "person:gone") == "gone"
