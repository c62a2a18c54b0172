"""A model's own words must not turn its evidence round, or bring markup."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.insight.render import Known
from core.insight.talk.wording import check_wording

KNOWN = Known(
    dict.fromkeys(("1.c.drop", "1.c.when", "2.t.gain", "3.s.all", "4.m.a", "4.m.b"), "x"),
    [
        "Revenue fell by [[1.c.drop]] in [[1.c.when]].",
        "Orders rose by [[2.t.gain]].",
        "The sum is [[3.s.all]].",
        "[[4.m.a]] rose while [[4.m.b]] fell.",
        "It did not fall because of [[1.c.when]].",
    ],
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Revenue fell by [[1.c.drop]] in [[1.c.when]].",
        "It did not fall because of [[1.c.when]].",
        "Sales declined by [[1.c.drop]].",
        "There was a decline of [[1.c.drop]].",
        "Sales went down by [[1.c.drop]].",
        "Sales were down [[1.c.drop]] while orders were up [[2.t.gain]].",
        "Revenue fell by [[1.c.drop]] and orders grew by [[2.t.gain]].",
        "[[4.m.a]] grew, and [[4.m.b]] declined.",
        "The total is [[3.s.all]].",
        "The total is made up of [[3.s.all]].",
        "The data does not answer this question.",
    ],
)
def test_what_agrees_with_the_evidence_may_be_said(text):
    check_wording(text, KNOWN)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Revenue rose by [[1.c.drop]].", "its evidence says down"),
        ("Revenue went up by [[1.c.drop]].", "its evidence says down"),
        ("Revenue was up [[1.c.drop]].", "its evidence says down"),
        ("An INCREASE of [[1.c.drop]] was seen.", "its evidence says down"),
        ("Orders dropped by [[2.t.gain]].", "its evidence says up"),
        ("It is fine. Orders dropped by [[2.t.gain]].", "its evidence says up"),
        ("Revenue rose by [[1.c.drop]] in [[1.c.when]].", "its evidence says down"),
        ("Revenue did not fall by [[1.c.drop]].", "denies a direction"),
        ("Revenue didn\u2019t fall by [[1.c.drop]].", "denies a direction"),
        ("Revenue fell to [[3.s.all]].", "says which way"),
        ("Look [[3.s.all]] at https://eve.example.", "link or markup"),
        ("The sum is [[3.s.all]] ![x](y).", "link or markup"),
        ("The sum is [here](x) [[3.s.all]].", "link or markup"),
        ("The sum is <b>[[3.s.all]]</b>.", "link or markup"),
        ("The sum is `[[3.s.all]]`.", "link or markup"),
    ],
)
def test_what_does_not_is_refused_with_the_reason(text, why):
    with pytest.raises(Invalid, match=why):
        check_wording(text, KNOWN)


@pytest.mark.parametrize(
    "said",
    [
        "It recovered by [[c.drop]].",
        "It was higher by [[c.drop]].",
        "Der Umsatz stieg um [[c.drop]].",
        "Il a augmenté de [[c.drop]].",
        "Subió [[c.drop]].",
    ],
)
def test_directions_are_known_in_other_words_and_languages(said):
    known = Known({"c.drop": "5"}, ["Revenue fell by [[c.drop]]."])
    with pytest.raises(Invalid, match="its evidence says down"):
        check_wording(said, known)
    check_wording("Der Umsatz fiel um [[c.drop]].", known)
