"""The bar: money, approvals, running tasks with a Stop that stops."""

from __future__ import annotations

import time

import pytest
from pydantic import BaseModel

from components import topbar
from core.governance.alerts import News, see, tell
from core.kernel import Run, operation
from core.kernel.operation import OPERATIONS
from tests import screens


class Nap(BaseModel):
    """How long."""

    seconds: float = 600


if "test.nap" not in list(OPERATIONS):

    @operation("test.nap")
    def nap(run: Run, wish: Nap) -> Nap:
        """Do nothing for a while."""

        def act(call):
            end = time.monotonic() + wish.seconds
            while time.monotonic() < end and not call.stopped:
                time.sleep(0.01)
            return {}

        run.step("sleep", "nap", act)
        run.step("sleep", "wake", lambda _call: {})
        return wish


@pytest.fixture
def napping(front):
    task_id = front.kernel.submit("test.nap", {}, front.people.local().who())
    for event in front.kernel.follow(task_id):
        if event.type == "step.running":
            break
    yield task_id
    front.kernel.cancel(task_id)


def test_a_running_task_is_listed_and_stop_stops_it(front, napping):
    at = screens.shell("chat")
    assert not at.exception
    at.button(key=f"stop_bar_{napping}").click().run()
    for _ in front.kernel.follow(napping):
        pass
    assert front.kernel.task(napping).state == "cancelled"


@pytest.mark.usefixtures("front")
def test_local_mode_is_said_plainly():
    said = screens.text(screens.shell("chat"))
    assert "Local mode" in said
    assert "left today" in said


def told(front, key, severity="warning"):
    org_id = front.people.local().org_id
    about = {"kind": "threshold", "scope": f"org:{org_id}", "title": key, "cause": {}}
    tell(front.database, [News(org_id, key, severity=severity, **about)])


def test_alerts_nobody_has_seen_are_counted_listed_and_marked(front):
    assert "Open alerts" not in str(screens.shell("chat").main)
    told(front, "Half is used")
    told(front, "All is used", "critical")
    at = screens.shell("chat")
    assert not at.exception
    assert "All is used" in screens.text(at)
    assert not at.toast, "what was there before has its badge"
    at.button(key="seen_bar").click().run()
    assert "All is used" not in screens.text(at)


def test_an_alert_that_comes_while_the_window_is_open_is_said_once(front):
    at = screens.shell("chat")
    told(front, "Just now")
    assert [toast.value for toast in at.run().toast] == ["Just now"]
    assert not at.run().toast
    at.button(key="seen_bar").click().run()


def test_another_alert_in_the_place_of_one_is_news_too(front):
    told(front, "First")
    before = topbar._badged()
    assert topbar._badged() == before
    owner = front.people.local()
    see(front.database, owner.org_id, [row.id for row in topbar.unseen_alerts()], owner.id)
    told(front, "Second")
    assert len(topbar.unseen_alerts()) == 1
    assert topbar._badged() != before
    see(front.database, owner.org_id, [row.id for row in topbar.unseen_alerts()], owner.id)
