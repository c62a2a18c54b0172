"""Where the money went: every way of looking adds up to the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.governance import spend, usage
from core.governance.spend import BY, BY_USE, REST, UNIT_TOKENS, WAYS, running
from core.kernel.records import STEP, TASK
from core.ledger.records import USAGE
from core.storage.database import now
from tests.core.governance.parts import ANA, BO, EVE, done
from tests.core.kernel.proofs.parts import until


@pytest.fixture
def spent(kernel):
    """Two people, two operations, five tasks; another organisation; the past."""
    made = [done(kernel, "spend", who, nusd=n) for n, who in ((7, ANA), (9, BO), (11, ANA))]
    made += [done(kernel, "more", ANA, nusd=100)]
    done(kernel, "more", EVE, nusd=1_000)
    old = sa.update(STEP).where(STEP.c.task_id == made[0])
    old = old.values(started_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    kernel.database.transaction(lambda db: db.execute(old))
    return kernel.database


def test_every_key_adds_up_to_the_steps(spent):
    for by in (*BY, *BY_USE):
        rows = spend(spent, "acme", by)
        assert sum(row.cost_nusd for row in rows) == 2 * (7 + 9 + 11 + 100), by
        assert sum(row.tokens for row in rows) == 8 * 3
        assert sum(row.steps for row in rows) == 8
        assert [row.cost_nusd for row in rows] == sorted((r.cost_nusd for r in rows), reverse=True)
        assert all(type(value) is int for row in rows for value in row[1:])


def keys(rows):
    return {row.key: row.cost_nusd for row in rows}


def test_each_key_has_its_own(spent):
    assert keys(spend(spent, "acme", "person")) == {"ana": 236, "bo": 18}
    assert keys(spend(spent, "acme")) == {"governed.more": 200, "governed.spend": 54}
    assert keys(spend(spent, "acme", "step")) == {"model": 127, "tool": 127}
    assert keys(spend(spent, "acme", "model")) == {"p m0": 127, "p m1": 127}
    assert len(spend(spent, "acme", "task")) == 4
    days = keys(spend(spent, "acme", "day"))
    assert (days["2026-01-31"], sum(days.values())) == (14, 254), "a day is a day in UTC"


def test_since_leaves_out_what_was_before(spent):
    recent = spend(spent, "acme", "person", since=now() - timedelta(hours=1))
    assert keys(recent) == {"ana": 222, "bo": 18}
    assert spend(spent, "acme", "model", since=now() + timedelta(hours=1)) == []


def test_usage_lists_each_completion_newest_first(spent):
    rows = usage(spent, "acme")
    assert len(rows) == 8
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
    assert rows[0].cost_nusd == 100
    assert len(usage(spent, "acme", limit=3)) == 3
    assert {row.org_id for row in rows} == {"acme"}


def used(database, **columns):
    """The usage rows of ana say `columns` of themselves."""
    change = sa.update(USAGE).where(USAGE.c.person_id == "ana").values(**columns)
    database.transaction(lambda db: db.execute(change))


def test_completions_are_told_apart_by_what_they_were_for(spent):
    used(spent, use_case="email", variant="b", prompt_hash="3f2a", provider="openai")
    used(spent, model="openai/small", kind="image")
    assert keys(spend(spent, "acme", "use_case")) == {"email": 236, "": 18}
    assert keys(spend(spent, "acme", "variant")) == {"email b": 236, "": 18}
    assert keys(spend(spent, "acme", "prompt")) == {"3f2a": 236, "": 18}
    assert keys(spend(spent, "acme", "provider")) == {"openai": 236, "p": 18}
    assert keys(spend(spent, "acme", "kind")) == {"image": 236, "model": 18}
    assert keys(spend(spent, "acme", "model")) == {"openai/small": 236, "p m0": 9, "p m1": 9}


def test_cost_by_unit_adds_up_and_what_no_unit_was_named_for_is_the_rest(spent):
    used(spent, breakdown={"input": 5, "cached": 1}, cached_tokens=1, prompt_tokens=3)
    rows = spend(spent, "acme", "unit")
    assert keys(rows) == {"input": 30, "cached": 6, REST: 254 - 36}
    assert sum(row.tokens for row in rows) == 8 * 3
    tokens = {row.key: row.tokens for row in rows}
    assert (tokens["cached"], tokens["input"]) == (6, 18)
    assert spend(spent, "acme", "unit", since=now() + timedelta(hours=1)) == []


def test_a_large_cost_is_split_without_loss(spent):
    large = 9_007_199_254_740_993  # a float cannot hold it
    used(spent, breakdown={"output": large}, cost_nusd=large)
    assert keys(spend(spent, "acme", "unit"))["output"] == 6 * large


def test_every_way_is_known_and_told_apart():
    assert len(WAYS) == len(set(WAYS))
    assert set(UNIT_TOKENS) >= {"input", "output", "cached"}


def test_a_running_task_shows_what_it_has_cost_and_holds(kernel):
    assert running(kernel.database, "acme") == []
    task_id = kernel.submit("governed.stream", {}, ANA)
    next(event for event in kernel.follow(task_id) if event.type == "delta")
    (row,) = running(kernel.database, "acme")
    assert (row.id, row.operation, row.cost_nusd, row.held_nusd) == (
        task_id,
        "governed.stream",
        0,
        5_000,
    )
    assert running(kernel.database, "other") == []
    kernel.cancel(task_id)
    until(kernel, task_id, "cancelled")
    assert running(kernel.database, "acme") == []


def test_what_a_running_tasks_steps_have_cost_is_summed(kernel):
    task_id = done(kernel, "more", nusd=41)
    still = sa.update(TASK).where(TASK.c.id == task_id).values(state="running")
    kernel.database.transaction(lambda db: db.execute(still))
    (row,) = running(kernel.database, "acme")
    assert (row.cost_nusd, row.held_nusd, row.tokens) == (82, 0, 6)
