"""A project's name is its organisation's: no other one pays for it or feels its limits."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.kernel import Ask, Who
from core.ledger import Accounts
from core.ledger.records import LIMIT
from core.storage.database import Database
from core.storage.migrations import migrate
from tests.core.ledger import books


@pytest.fixture
def database(url):
    database = Database(url)
    migrate(database)
    yield database
    database.close()


def held(ledger, database, asked):
    return database.transaction(lambda db: ledger.hold(db, asked))


def settled(ledger, database, asked, **spent):
    return database.transaction(lambda db: ledger.settle(db, asked, spent))


def of_project(org_id, key=1, nusd=0):
    who = Who(org=org_id, person=f"p-{org_id}", scopes=("project:launch",))
    return Ask(f"{org_id}-{key}", 1, "tool", "x", who, {"nusd": nusd})


def test_two_organisations_with_a_project_of_one_name_share_no_limit(database):
    ledger = Accounts(database, {("project:*", "nusd", "total"): 100})
    assert held(ledger, database, of_project("acme", nusd=80)).answer == "allow"
    assert held(ledger, database, of_project("bolt", nusd=80)).answer == "allow"
    assert held(ledger, database, of_project("acme", 2, nusd=21)).code == "budget_exceeded"
    assert books.check(database)["project:bolt:launch nusd"] == (80, 0)


def test_one_organisation_limits_a_project_and_the_other_never_feels_it(database):
    ledger = Accounts(database)
    ledger.limit("project:launch", "nusd", "day", 10, "acme")
    ledger.limit("project:launch", "nusd", "day", 30, "bolt")
    no = held(ledger, database, of_project("acme", nusd=11))
    assert (no.details["scope"], no.details["max"]) == ("project:acme:launch", 10)
    assert "limit of project:launch has" in no.message
    assert held(ledger, database, of_project("bolt", nusd=30)).answer == "allow"
    database.transaction(
        lambda db: ledger.set_limit(db, "project:launch", "nusd", "day", None, org_id="acme")
    )
    assert held(ledger, database, of_project("acme", 2, nusd=11)).answer == "allow"


def test_what_was_limited_and_spent_under_the_old_name_of_a_project_still_counts(database):
    ledger = Accounts(database)
    old = [("acme", 60), ("bolt", 5)]  # they shared the account
    for org_id, nusd in old:
        asked = of_project(org_id, nusd=nusd)
        held(ledger, database, asked)
        settled(ledger, database, asked, nusd=nusd)
    with database.engine.begin() as db:
        db.execute(sa.text(
            "update ledger_entry set account_id = (select id from ledger_account"
            " where name = 'project:acme:launch nusd') where account_id ="
            " (select id from ledger_account where name = 'project:bolt:launch nusd')"
        ))  # fmt: skip
        db.execute(sa.text("delete from ledger_account where name = 'project:bolt:launch nusd'"))
        db.execute(sa.text(
            "update ledger_account set name = 'project:launch nusd', scope = 'project:launch',"
            " spent = 65 where name = 'project:acme:launch nusd'"
        ))  # fmt: skip
        row = {"scope": "project:launch", "unit": "nusd", "max": 100, "org_id": "acme"}
        db.execute(sa.insert(LIMIT), [{**row, "period": period} for period in ("total", "day")])
    after = Accounts(database)
    assert held(after, database, of_project("acme", 2, nusd=41)).code == "budget_exceeded"
    assert held(after, database, of_project("acme", 3, nusd=40)).answer == "allow"
    assert held(after, database, of_project("bolt", 2, nusd=500)).answer == "allow"
    found = books.check(database)
    assert found["project:acme:launch nusd"] == (40, 60)
    assert found["project:bolt:launch nusd"] == (500, 5)
    remaining = [r for r in after.remaining(of_project("acme").who) if "project" in r.scope]
    assert {(r.period, r.left) for r in remaining} == {("total", 0), ("day", 0)}
