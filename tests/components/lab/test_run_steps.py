"""The run's line, its budget, its end."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from components.lab.run_log import RunLog
from components.lab.run_steps import header
from core.storage.database import now
from tests import screens


def test_the_header_says_time_money_and_iterations():
    at = now()
    task = SimpleNamespace(created_at=at, ended_at=None)
    log = RunLog("done", queued_at=at, ended_at=at + timedelta(seconds=12))
    log.iteration, log.iterations_max = 3, 12
    assert header(task, log, 500_000_000) == "12 s · $0.00 of $0.50 · iteration 3 of 12"
    assert header(task, log, None) == "12 s · $0.00 · iteration 3 of 12"


def test_a_stopped_run_says_why_and_keeps_what_was_made(front):
    source = screens.given(front, "b.csv")
    from core.insight import Question

    question = Question(question="Why did revenue change?", sources=[source], iterations=1)
    task_id = front.ask(front.people.local(), question)
    for _ in front.kernel.follow(task_id):
        pass
    at = screens.shell(task=task_id)
    assert not at.exception
    if front.kernel.task(task_id).output["stopped"] == "iterations":
        assert "All allowed iterations are used" in at.warning[0].value


def test_a_failed_run_shows_the_error_with_the_task_as_its_code(front):
    source = screens.given(front, "empty.csv", b"a,b\n")
    from core.insight import Question

    task_id = front.ask(front.people.local(), Question(question="Why is it?", sources=[source]))
    for _ in front.kernel.follow(task_id):
        pass
    at = screens.shell(task=task_id)
    assert not at.exception
    assert f"task {task_id[:8]}" in screens.text(at)
    assert "none was made" in screens.text(at)
