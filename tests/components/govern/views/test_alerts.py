"""The view: what nobody has seen on top, every alert in the table, an empty one says when."""

from __future__ import annotations

import pytest

from core.governance.alerts import News, alerts, see, tell
from tests import screens


@pytest.fixture
def org_id(front):
    person = front.people.local()
    every = [row.id for row in alerts(front.database, person.org_id)]
    see(front.database, person.org_id, every, person.id)
    return person.org_id


def told(front, org_id, key, severity):
    about = {"kind": "threshold", "scope": f"org:{org_id}", "title": f"{key} is 80% used"}
    tell(front.database, [News(org_id, key, severity=severity, cause={"percent": 80}, **about)])


def test_an_empty_view_says_when_an_alert_comes(front, org_id):
    at = screens.shell("governance", view="alerts")
    assert not at.exception
    assert "Nothing needs your attention" in screens.text(at)
    if not alerts(front.database, org_id):
        assert "50%, 80%, 100% used" in screens.text(at)


def test_what_nobody_has_seen_is_a_card_and_everything_is_in_the_table(front, org_id):
    told(front, org_id, "the team", "critical")
    told(front, org_id, "a task", "info")
    at = screens.shell("governance", view="alerts")
    assert not at.exception
    assert "the team is 80% used" in screens.text(at)
    assert "a task is 80% used" not in screens.text(at), "quiet ones are only listed"
    assert {"the team is 80% used", "a task is 80% used"} <= set(at.dataframe[0].value["what"])
    told(front, org_id, "two", "warning")
    at = screens.shell("governance", view="alerts")
    at.button(key="all_seen").click().run()
    assert "Nothing needs your attention" in screens.text(at)
    assert alerts(front.database, org_id, unseen=True) == []
