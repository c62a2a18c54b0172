"""Tasks, steps and open questions, as pages list them."""

from __future__ import annotations

import sqlalchemy as sa

from core.governance import ApprovalGate, steps, tasks, waits
from core.kernel.records import TASK
from core.storage.database import now
from tests.core.governance.parts import EVE, done, open_kernel

ROW = {"id": "t1", "operation": "governed.spend", "org_id": "acme", "person_id": "ana"}
ROW |= {"who": {}, "queue": "batch", "input": {}, "state": "failed", "created_at": now()}


def test_a_task_is_listed_with_what_it_cost_newest_first(kernel):
    first = done(kernel, "spend")
    second = done(kernel, "more", nusd=9)
    done(kernel, "spend", EVE)
    rows = tasks(kernel.database, "acme")
    found = [(row.id, row.cost_nusd, row.tokens, row.steps) for row in rows]
    assert found == [(second, 18, 6, 2), (first, 14, 6, 2)]
    assert all(type(value) is int for row in found for value in row[1:])
    assert [row.id for row in tasks(kernel.database, "acme", limit=1)] == [second]
    assert [row.id for row in tasks(kernel.database, "acme", operation="governed.spend")] == [first]


def test_a_task_without_a_step_is_listed_and_costs_nothing(kernel):
    kernel.database.transaction(lambda db: db.execute(sa.insert(TASK), ROW))
    (row,) = tasks(kernel.database, "acme")
    assert (row.id, row.cost_nusd, row.tokens, row.steps) == ("t1", 0, 0, 0)


def test_what_is_open_is_told_from_what_has_ended(url):
    kernel = open_kernel(url, ApprovalGate())
    waiting, ended = done(kernel, "publish"), done(kernel, "spend")
    listed = lambda state: [row.id for row in tasks(kernel.database, "acme", state=state)]  # noqa: E731
    assert listed("open") == [waiting] == listed("waiting")
    assert listed("done") == [ended]
    (row,) = tasks(kernel.database, "acme", state="open")
    assert (row.cost_nusd, row.steps) == (0, 1)
    kernel.close()
    kernel.database.close()


def test_steps_come_in_order_with_their_composites(kernel):
    rows = steps(kernel.database, done(kernel, "spend"))
    assert [(row.seq, row.kind, row.parent_seq) for row in rows] == [
        (1, "stage", None),
        (2, "model", 1),
        (3, "tool", 1),
    ]


def test_the_most_urgent_question_comes_first_and_others_see_none(url):
    kernel = open_kernel(url, ApprovalGate())
    first, second = done(kernel, "publish"), done(kernel, "publish")
    assert [wait.task_id for wait in waits(kernel.database, "acme")] == [first, second]
    assert waits(kernel.database, "other") == []
    kernel.close()
    kernel.database.close()
