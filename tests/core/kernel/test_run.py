"""The one path every act takes."""

from __future__ import annotations

import sqlalchemy as sa

from core.kernel import Who
from core.kernel.records import AUDIT
from tests.core.kernel.proofs.parts import ANA, WORLD, one, steps, until


def test_a_refusal_is_committed_and_comes_back_typed(kernel):
    task = until(kernel, kernel.submit("six", {}, ANA), "done")
    refusal = ["Refused", "Not today.", "Ask Bo.", {"n": 7}]
    assert task.output["parts"] == ["hello0", "hello1", refusal, "hello3", "hello4", "hello5"]
    refused = steps(kernel, task.id)[2]
    assert (refused.state, refused.cost_nusd) == ("refused", 0)
    said = kernel.database.rows(sa.select(AUDIT.c.what).where(AUDIT.c.seq == 3))
    assert [row.what for row in said] == ["refuse"]


def test_a_step_inside_an_act_raises(kernel):
    task = until(kernel, kernel.submit("nested", {}, ANA), "failed")
    assert task.error["code"] == "misuse"
    assert WORLD.lines("acts") == []


def test_map_reserves_ids_in_order_and_groups_are_parents(kernel):
    task = until(kernel, kernel.submit("fan", {"n": 5}, ANA), "done")
    assert task.output["parts"] == [[f"a{i}", f"b{i}"] for i in range(5)] + ["mux"]
    rows = steps(kernel, task.id)
    names = ["render", *(n for i in range(5) for n in (f"shot{i}", f"a{i}", f"b{i}")), "mux"]
    assert [r.name for r in rows] == names
    assert [r.seq for r in rows] == list(range(1, 18))
    assert [r.parent_seq for r in rows] == [
        None,
        *(p for i in range(5) for p in (1, 2 + 3 * i, 2 + 3 * i)),
        None,
    ]
    assert {r.name for r in rows if not r.leaf} == {"render", *(f"shot{i}" for i in range(5))}
    assert {r.state for r in rows} == {"done"}


def test_a_replay_mismatch_is_named_and_has_a_way_out(kernel):
    task_id = kernel.submit("changed", {}, ANA)
    until(kernel, task_id, "waiting")
    WORLD.note("names", "new")
    kernel.answer(task_id, 2, "approved", by="bo")
    task = until(kernel, task_id, "failed")
    assert task.error["code"] == "replay_mismatch"
    assert "fork the task at step 1" in task.error["hint"]


def test_a_limit_refuses_and_says_which_how_much_and_when(kernel):
    kernel.ledger.limit("person:*", "nusd", "hour", 1_000)
    kernel.ledger.limit("person:ana", "nusd", "hour", 17)
    kernel.ledger.limit("org:acme", "tokens", "request", 5)
    until(kernel, kernel.submit("publish", {}, Who(org="b", person="cy")), "waiting")
    task = until(kernel, kernel.submit("six", {}, ANA), "done")
    texts = [p[1] for p in task.output["parts"] if isinstance(p, list)]
    assert task.output["parts"][:2] == ["hello0", "hello1"]
    assert texts[1] == "The hourly limit of this person has $0.000000003 left of $0.000000017."
    refusal = task.output["parts"][3]
    assert refusal[0] == "BudgetExceeded"
    assert refusal[3]["left"] == 3
    assert refusal[3]["resets_at"].endswith(":00:00+00:00")


def test_a_limit_is_never_overspent_by_8_threads(kernel):
    kernel.ledger.limit("team:growth", "nusd", "day", 500)
    tasks = [
        kernel.submit("fan", {"n": 6}, Who(org=f"o{i}", person="u", scopes=("team:growth",)))
        for i in range(8)
    ]
    for task_id in tasks:
        until(kernel, task_id, "done", "failed")
    with kernel.database.engine.connect() as db:
        query = sa.text(
            "select spent, held from ledger_account where unit = 'nusd'"
            " and scope = 'team:growth' and \"window\" <> ''"
        )
        spent, held = db.execute(query).one()
    assert held == 0
    assert 300 < spent <= 500


def test_a_branch_takes_no_more_steps_than_were_reserved(kernel):
    task = until(kernel, kernel.submit("greedy", {}, ANA), "failed")
    assert task.error["code"] == "misuse"
    assert "steps_max" in task.error["hint"]


def test_a_branch_of_map_cannot_reach_for_the_run_outside(kernel):
    task = until(kernel, kernel.submit("reaches_out", {}, ANA), "failed")
    assert (task.error["code"], WORLD.lines("acts")) == ("misuse", [])


def test_all_branches_end_before_map_raises(kernel):
    task = until(kernel, kernel.submit("half_fails", {}, ANA), "failed")
    assert task.error["message"] == "Not 1."
    assert sorted(WORLD.lines("acts")) == ["1 0", "3 2", "4 3"]
    assert {step.state for step in steps(kernel, task.id)} == {"done"}


def test_a_task_never_passes_its_own_budget(kernel):
    task = until(kernel, kernel.submit("six", {}, ANA, budget={"nusd": 15}), "done")
    refused = [part for part in task.output["parts"] if part[0] == "BudgetExceeded"]
    assert task.output["parts"][0] == "hello0"
    assert len(refused) == 4
    message, details = refused[0][1], refused[0][3]
    assert (details["scope"], details["period"]) == (f"task:{task.id}", "total")
    assert message.startswith("The total limit of this task has $0.000000008 left")
    assert one(kernel, "select sum(cost_nusd) from kernel_step") == (7,)
    assert one(kernel, "select org_id from ledger_limit") == ("acme",)


def test_a_budget_of_nothing_lets_only_free_steps_through(kernel):
    free = until(kernel, kernel.submit("tells", {}, ANA, budget={"nusd": 0}), "done")
    assert free.output["parts"] == ["hello"]
    task = until(kernel, kernel.submit("six", {}, ANA, budget={"nusd": 0}), "done")
    assert {part[0] for part in task.output["parts"]} == {"BudgetExceeded", "Refused"}
    assert WORLD.lines("acts") == []


def shown(kernel):
    WORLD.note("shown", "version 1")
    task_id = kernel.submit("shows", {}, ANA)
    until(kernel, task_id, "waiting")
    sql = "select digest, shows from kernel_wait where task_id = :task"
    (row,) = kernel.database.rows(sa.text(sql).bindparams(task=task_id))
    assert "version 1" in str(row.shows)
    return task_id, row.digest


def test_an_approval_of_what_was_shown_lets_it_pass(kernel):
    task_id, digest = shown(kernel)
    kernel.answer(task_id, 1, "approved", by="bo", digest=digest)
    assert until(kernel, task_id, "done").output["parts"] == ["version 1"]


def test_an_approval_does_not_cover_what_changed_after_it(kernel):
    task_id, digest = shown(kernel)
    WORLD.note("shown", "version 2")
    kernel.answer(task_id, 1, "approved", by="bo", digest=digest)
    task = until(kernel, task_id, "failed")
    assert (task.error["code"], task.error["message"]) == (
        "rejected",
        "Something else was approved.",
    )
    assert steps(kernel, task_id)[0].state == "refused"
    assert WORLD.lines("acts") == []
    assert one(kernel, "select count(*) from ledger_hold") == (0,)


def test_an_approved_step_is_still_refused_when_the_money_is_gone(kernel):
    task_id = kernel.submit("publish", {}, ANA)
    until(kernel, task_id, "waiting")
    kernel.ledger.limit("person:ana", "nusd", "total", 8)
    kernel.answer(task_id, 2, "approved", by="bo")
    assert until(kernel, task_id, "failed").error["code"] == "budget_exceeded"
    assert WORLD.lines("acts") == ["1 draft"]
