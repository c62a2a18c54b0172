"""An approval is bound to exactly what was shown."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from components.approval_card import answered
from core.kernel import Policy, Run, operation
from core.kernel.operation import OPERATIONS
from core.storage.database import now
from tests import screens


class Send(BaseModel):
    """To whom."""

    to: str = "Ana"


if "test.approve" not in list(OPERATIONS):

    @operation("test.approve", policy=Policy(approve=("publish",)))
    def approve(run: Run, wish: Send) -> Send:
        """Send something after an approval."""
        run.step("publish", "send", lambda _call: {"sent": wish.to})
        return wish


@pytest.fixture
def waiting(front):
    task_id = front.kernel.submit("test.approve", {"to": "Ana"}, front.people.local().who())
    for event in front.kernel.follow(task_id):
        if event.type == "task.waiting":
            break
    yield task_id
    if front.kernel.task(task_id).state == "waiting":
        front.kernel.cancel(task_id)


def test_the_queue_shows_what_would_run_and_approve_lets_it(front, waiting):
    at = screens.shell("governance", view="approvals")
    assert not at.exception
    button = next(b for b in at.button if str(b.key).startswith("approved_queue"))
    button.click().run()
    for _ in front.kernel.follow(waiting):
        pass
    assert front.kernel.task(waiting).state == "done"


def test_the_badge_counts_it_and_reject_refuses_it(front, waiting):
    at = screens.shell()
    button = next(b for b in at.button if str(b.key).startswith("rejected_bar"))
    button.click().run()
    for _ in front.kernel.follow(waiting):
        pass
    assert front.kernel.task(waiting).state == "failed"


def test_a_closed_question_is_told_in_words():
    wait = SimpleNamespace(verdict="approved", by="Ada", at=now() - timedelta(minutes=3))
    assert answered(wait) == "approved by Ada, 3 min ago"
