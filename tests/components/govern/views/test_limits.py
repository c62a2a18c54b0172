"""Limits as bars and as exact amounts."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest

from components.govern.views import limits
from core.kernel import Ask, Who
from tests import screens

HALF = SimpleNamespace(unit="nusd", max=10, spent=4, held=1, left=5, scope="org:a", period="day")


def test_a_bar_shows_spent_and_held_and_says_it_in_words():
    image = limits.bar(HALF)
    assert image.startswith("![50% taken]")
    svg = base64.b64decode(image.partition("base64,")[2].rstrip(")")).decode()
    assert f'width="{limits.WIDE * 0.5:.1f}"' in svg
    assert f'width="{limits.WIDE * 0.4:.1f}"' in svg


def test_amounts_have_their_unit():
    assert limits.amount(HALF, 1_200_000_000) == "$1.20"
    assert limits.amount(SimpleNamespace(unit="tokens"), 9_400) == "9,400"


@pytest.mark.usefixtures("front")
def test_every_limit_is_listed_exactly():
    at = screens.shell("governance", view="limits")
    assert not at.exception
    assert "Organisation, today" in list(at.dataframe[0].value["limit"])


def test_the_daily_limits_of_policies_are_there_before_and_after_anything_ran(front):
    def line():
        at = screens.shell("governance", view="limits")
        assert not at.exception
        lines = at.dataframe[0].value.set_index("limit")
        return tuple(lines.loc["You in Email generation, today", ["max", "spent"]])

    assert line() == (3.0, 0.0)
    me = front.people.local()
    scope, spent = f"use:{me.id}:email_generation", {"nusd": 250_000_000}
    front.ledger.limit(scope, "nusd", "day", 2_000_000_000, me.org_id)
    who = Who(org=me.org_id, person=me.id, scopes=(scope,))
    ask = Ask("t", 1, "model", "m", who, spent)
    front.database.transaction(lambda db: front.ledger.hold(db, ask))
    front.database.transaction(lambda db: front.ledger.settle(db, ask, spent))
    assert line() == (3.0, 0.25), "as the policy says now, whatever held when it was spent"
