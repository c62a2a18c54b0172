"""The first gate: roles, organisations, and how soon a change counts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from core.identity import People, PermissionGate
from core.identity.gate import ALLOWED, REMEMBERED_S, may
from core.identity.records import PERSON
from core.kernel import Ask, Policy, Run, Who, operation
from core.storage.database import Database
from core.storage.migrations import migrate


class Nothing(BaseModel):
    """Given and made."""


for permission in ("read", "work", "approve", "govern"):

    @operation(f"gate.{permission}", policy=Policy(permission=permission))
    def _act(_run: Run, nothing: Nothing) -> Nothing:
        return nothing


@pytest.fixture
def database(url):
    database = Database(url)
    migrate(database)
    yield database
    database.close()


def asked(who, permission="work"):
    policy = Policy(permission=permission)
    return Ask("t", 1, "tool", "x", who, {}, f"gate.{permission}", policy=policy)


def become(database, role):
    database.transaction(lambda db: db.execute(sa.update(PERSON).values(role=role)))


@pytest.mark.parametrize("role", [*ALLOWED, "made up", ""])
def test_a_role_may_what_it_may_and_nothing_else(sqlite_url, role):
    database = Database(sqlite_url)
    migrate(database)
    who = People(database).local().who()
    become(database, role)
    gate = PermissionGate(database)
    for permission in ("read", "work", "approve", "govern"):
        verdict = gate.ask(asked(who, permission))
        assert (verdict.answer == "allow") == (permission in ALLOWED.get(role, set()))
    database.close()


def test_roles_only_grow():
    assert ALLOWED["viewer"] < ALLOWED["analyst"] < ALLOWED["owner"]
    assert not may("made up", "read")


def test_the_refusal_says_what_to_do(database):
    who = People(database).local().who()
    become(database, "viewer")
    verdict = PermissionGate(database).ask(asked(who))
    assert (verdict.gate, verdict.answer) == ("permission", "refuse")
    assert "gate.work" in verdict.message
    assert "Ask an owner" in verdict.hint
    assert verdict.details == {"permission": "work"}


def test_nobody_works_in_another_organisation(database):
    owner = People(database).local()
    gate = PermissionGate(database)
    assert gate.ask(asked(owner.who())).answer == "allow"
    assert gate.ask(asked(Who(org="another", person=owner.id))).answer == "refuse"
    assert gate.ask(asked(Who(org=owner.org_id, person="nobody"))).answer == "refuse"


def test_a_role_taken_away_counts_within_about_a_second(database):
    who = People(database).local().who()
    gate = PermissionGate(database)
    assert REMEMBERED_S <= 1
    for role, answer in (("owner", "allow"), ("viewer", "refuse"), ("owner", "allow")):
        become(database, role)
        gate._roles = {whose: (at - REMEMBERED_S, was) for whose, (at, was) in gate._roles.items()}
        assert gate.ask(asked(who)).answer == answer
