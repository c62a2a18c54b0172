"""Where it went: money first, tokens where everything was free."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.govern.views.spend import BY, bars
from core.governance.spend import BY as KNOWN
from tests import screens

ROWS = [
    SimpleNamespace(key="a", cost_nusd=10**9, tokens=5),
    SimpleNamespace(key="b", cost_nusd=0, tokens=9),
]


def test_every_question_is_one_the_ledger_can_answer():
    assert set(BY) <= {*KNOWN, "model"}


def test_the_greatest_bar_comes_first():
    assert [bar["name"] for bar in bars(ROWS, "day", money=True)["series"][0]["data"]] == ["a", "b"]
    assert [bar["name"] for bar in bars(ROWS, "day", money=False)["series"][0]["data"]] == [
        "b",
        "a",
    ]


@pytest.mark.usefixtures("front", "asked")
def test_each_question_draws():
    for by in BY:
        at = screens.shell("governance", view="spend", by=by)
        assert not at.exception
