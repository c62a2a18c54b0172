"""Each rule is asked of every sentence, and none of what findings say themselves."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.insight.drawer import Drawer
from core.insight.receipts import receive
from core.insight.talk.judging import check_claims
from core.insight.talk.vocabulary import of

WORDS = of({"region": ["North", "South", "East"]}, ["revenue"])
LOST, WHO = "[[1.change_revenue.lost]]", "[[1.change_revenue.region]]"


@pytest.fixture(scope="module")
def drawer(shop_at):
    looks = shop_at.looks()
    return Drawer(looks, receive(looks), [])


def judge(drawer, text):
    check_claims(text, drawer.known(), drawer.subjects(), WORDS)


def test_what_findings_say_and_what_numbers_bear_out_passes(drawer):
    judge(drawer, " ".join(f"{one}." for one in sorted(drawer.known().said)))
    judge(drawer, f"{WHO} lost most, {LOST}; North had the largest fall.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"North fell by `{LOST}`.", "markup"),
        (f"North rose by {LOST}.", "its evidence says down"),
        (f"South fell by {LOST}.", "names 'South'"),
        (f"{WHO} lost least, {LOST}.", "says 'least'"),
        (f"{WHO} fell by {LOST} because of rain.", "tells a cause"),
        (f"{WHO} lost most, {LOST}, " * 100, "too long"),
    ],
)
def test_each_rule_speaks(drawer, text, why):
    with pytest.raises(Invalid, match=why):
        judge(drawer, text)
