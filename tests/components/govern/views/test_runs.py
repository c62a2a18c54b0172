"""Runs and steps as lines."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.govern.views.runs import answer_title, run_line, step_line, verdicts
from core import governance
from tests import screens


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
    assert verdicts([{"gate": "flags", "answer": "allow"}] * 2) == "all 2 allow"
    assert verdicts([]) == ""


def test_a_refused_step_keeps_its_message():
    step = SimpleNamespace(
        seq=1, kind="model", name="x", state="refused", verdicts=[], estimate={"nusd": 10**9},
        cost_nusd=0, overrun_nusd=0, tokens=0, started_at=None, ended_at=None,
        outcome={"code": "refused", "message": "No."},
    )  # fmt: skip
    assert step_line(step)["error"] == "No."
    assert step_line(step)["took"] == "", "it never began"
    assert step_line(step)["estimate"] == 1


def test_every_attempt_says_what_came_of_it():
    use = {"model": "openai/gpt", "cost_nusd": 106_000, "latency_ms": 720}
    cut = {"code": "unavailable", "details": {"reason": "cut"}}
    title = answer_title(SimpleNamespace(seq=1, outcome=cut), use).replace("\\", "")
    assert "broke off · step 1 · 720 ms · $0.0001" in title
    assert "answered · step 2" in answer_title(SimpleNamespace(seq=2, outcome={"ok": 1}), use)
    kept = {**use, "cost_nusd": 0, "cache_hit": True}
    assert "answered before" in answer_title(SimpleNamespace(seq=2, outcome={}), kept)


@pytest.mark.usefixtures("front")
def test_a_run_shows_the_models_that_were_asked(asked):
    at = screens.shell("governance", view="runs", task=asked)
    assert not at.exception
    assert "Models asked" in screens.text(at)
    assert any("**offline**" in one.label for one in at.expander)
