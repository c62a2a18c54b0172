"""Where the money went: every way of looking adds up to the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.governance import spend, usage
from core.governance.spend import BY
from core.kernel.records import STEP
from core.storage.database import now
from tests.core.governance.parts import ANA, BO, EVE, done


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
    for by in (*BY, "model"):
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
