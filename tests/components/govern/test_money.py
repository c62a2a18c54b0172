"""What is left today comes from the ledger, the tightest limit first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.govern import money
from tests import screens

LIMIT = SimpleNamespace(scope="org:acme", period="day", unit="nusd")


def test_a_limit_is_said_in_words():
    assert money.whose(LIMIT) == "Organisation, today"
    assert money.whose(SimpleNamespace(scope="session:x", period="total")) == "This session, in all"
    use = SimpleNamespace(scope="use:ana:lead_scoring", period="day")
    assert money.whose(use) == "You in Lead scoring, today"


def test_spend_is_listed_dearest_first():
    rows = [SimpleNamespace(key="a", cost_nusd=1), SimpleNamespace(key="b", cost_nusd=5)]
    assert money.spent_pairs(rows) == [("b", 5), ("a", 1)]


@pytest.mark.usefixtures("front")
def test_the_bar_shows_the_tightest_limit_of_the_day():
    at = screens.script(
        "from components.govern import money\n"
        "st.code(money.day_limit().left)\n"
        "st.code(min(r.left for r in money.remaining() if r.unit == 'nusd' and r.period == 'day'))"
    )
    assert not at.exception
    assert at.code[0].value == at.code[1].value
