"""The Lab offers what a run may use, and nothing that would be cut without a word."""

from __future__ import annotations

import pytest

from core.ledger.records import ACCOUNT, LIMIT
from core.ledger.windows import account_name
from core.storage.database import now
from tests import screens

ASKED = "Which region brings the most revenue?"


@pytest.fixture
def lab(front):
    """The studio with the policies of its file alone, and no limits but its defaults."""
    before = front.database.rows(LIMIT.select())
    yield front
    person = front.people.local()
    front.policies.take_back(person.org_id, "insight", person.id)
    front.database.transaction(lambda db: db.execute(LIMIT.delete()))
    if before:
        rows = [dict(row._mapping) for row in before]
        front.database.transaction(lambda db: db.execute(LIMIT.insert(), rows))


def changed(studio, **changes):
    person = studio.people.local()
    studio.policies.override(person.org_id, "insight", changes, person.id)


def form(studio):
    """The draft of a question, with its form."""
    at = screens.shell(data=f"{screens.given(studio).hash}.shop%2Ecsv.")
    assert not at.exception
    return at


def budget_of(studio, at):
    """The budget that the task of a question has, as the ledger holds it."""
    at.chat_input[0].set_value(ASKED).run()
    value = at.query_params["task"]
    task_id = value[0] if isinstance(value, list) else value
    for _ in studio.kernel.follow(task_id):
        pass
    who = studio.people.local().who().model_copy(update={"scopes": (f"task:{task_id}",)})
    return {row.max for row in studio.ledger.remaining(who) if row.scope == f"task:{task_id}"}


def test_more_than_the_policy_allows_is_not_offered(lab):
    at = form(lab)
    field = at.number_input(key="budget_new")
    assert (field.max, field.value) == (0.5, 0.5)
    assert field.help.startswith("At most \\$0.50, what the policy allows a run.")
    changed(lab, budget_usd=0.07, iterations_max=3, tools=["profile", "total"])
    at.run()
    field = at.number_input(key="budget_new")
    assert (field.max, field.value) == (0.07, 0.07)
    assert at.number_input(key="iterations_new").max == 3
    assert set(at.multiselect(key="tools_new").options) <= {"Profile", "Total"}


def test_what_is_offered_at_most_is_what_the_run_gets(lab):
    changed(lab, budget_usd=1.25)
    at = form(lab)
    assert at.number_input(key="budget_new").value == 0.5, "the usual one, unless asked otherwise"
    at.number_input(key="budget_new").set_value(at.number_input(key="budget_new").max)
    assert budget_of(lab, at) == {1_250_000_000}


def test_what_is_left_of_the_persons_limits_is_the_most(lab):
    person = lab.people.local()
    lab.ledger.limit(f"person:{person.id}", "nusd", "day", 123_456_789, person.org_id)
    field = form(lab).number_input(key="budget_new")
    assert (field.max, field.value) == (0.12, 0.12)
    assert "what is left of the limit “You, today”" in field.help
    lab.ledger.limit(f"person:{person.id}", "nusd", "day", 0, person.org_id)
    at = form(lab)
    assert at.number_input(key="budget_new").max == 0
    assert budget_of(lab, at) == {0}, "a model that is free still answers"


def test_the_days_limit_of_the_use_case_counts_from_the_first_run(lab):
    changed(lab, daily_usd=0.3)
    at = form(lab)
    assert at.number_input(key="budget_new").max == 0.3
    person = lab.people.local()
    place = (f"use:{person.id}:insight", "nusd", "day")
    lab.ledger.limit(*place, 300_000_000, person.org_id)
    row = {"org_id": person.org_id, "scope": place[0], "unit": "nusd", "spent": 100_000_000}
    row |= {"name": account_name(place, now()), "window": f"{now():%Y-%m-%d}", "held": 50_000_000}
    lab.database.transaction(lambda db: db.execute(ACCOUNT.insert(), row))
    field = at.run().number_input(key="budget_new")
    assert (field.max, field.value) == (0.15, 0.15)
    assert "what is left of your day's limit on questions" in field.help
