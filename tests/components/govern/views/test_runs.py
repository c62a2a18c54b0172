"""Runs and steps as lines."""

from __future__ import annotations

from types import SimpleNamespace

from components.govern.views.runs import run_line, step_line, verdicts
from core import governance


def test_a_run_is_one_line_with_its_address(front, asked):
    rows = governance.tasks(front.database, front.people.local().org_id)
    line = run_line(next(row for row in rows if row.id == asked))
    assert line["open"] == f"/governance?view=runs&task={asked}"
    assert line["state"] == "done"
    assert line["steps"] >= 4


def test_steps_say_what_the_gates_said(front, asked):
    lines = [step_line(step) for step in governance.steps(front.database, asked) if step.leaf]
    assert lines[0]["kind"] == "data"
    assert all("allow" in line["gates"] for line in lines if line["state"] == "done")


def test_a_no_names_its_gate():
    assert verdicts(
        [{"gate": "flags", "answer": "allow"}, {"gate": "ledger", "answer": "refuse"}]
    ) == ("ledger: refuse")
    assert verdicts([]) == ""


def test_a_refused_step_keeps_its_message():
    step = SimpleNamespace(
        seq=1, kind="model", name="x", state="refused", verdicts=[], estimate={"nusd": 10**9},
        cost_nusd=0, overrun_nusd=0, tokens=0, started_at=None, ended_at=None,
        outcome={"code": "refused", "message": "No."},
    )  # fmt: skip
    assert step_line(step)["error"] == "No."
    assert step_line(step)["estimate"] == 1
