"""Asking a studio in tests, and waiting for what it says."""

from __future__ import annotations

import time

from core.insight import Question, load


def sales(rows_a_day=2, months=12, fall=60):
    """A CSV with a story: North falls in the last quarter."""
    lines = [
        f"2025-{month:02d}-{day:02d},{region},"
        f"{100 + day + 3 * k - (fall if month > 9 and region == 'North' else 0)}"
        for month in range(1, months + 1)
        for day in range(1, 28)
        for region in ("North", "South")
        for k in range(rows_a_day)
    ]
    return ("\n".join(["day,region,amount", *lines]) + "\n").encode()


def give(studio, name="sales.csv", data=None):
    """A source of the owner's."""
    return studio.add_source(studio.people.local(), name, [sales() if data is None else data])


def ended(studio, task_id, timeout_s=180):
    """The task's row when it has ended."""
    until = time.monotonic() + timeout_s
    while (task := studio.kernel.task(task_id)).state not in ("done", "failed", "cancelled"):
        assert time.monotonic() < until, task.state
        time.sleep(0.01)
    return task


def answered(studio, question="Why did amount fall in the last quarter?", sources=None, **more):
    """The ended task of a question."""
    options = {name: more.pop(name) for name in ("budget", "id", "project") if name in more}
    asked = Question(question=question, sources=sources or [give(studio)], **more)
    return ended(studio, studio.ask(studio.people.local(), asked, **options))


def deck_of(studio, task):
    """The deck of a task that is done."""
    assert task.state == "done", task.error
    return load(studio.blobs, task.output["deck"])
