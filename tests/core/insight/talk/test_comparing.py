"""More and less than: by the values of the references beside it."""

from __future__ import annotations

import pytest

from core.insight.talk.comparing import compared, comparisons
from core.insight.talk.standing import Standing
from core.insight.talk.subjects import Subject
from core.insight.talk.vocabulary import of, tokens

WORDS = of({}, ["revenue", "returns"])


def number(value, label="Revenue", query="q1", unit="USD", **more):
    return Subject("7", False, label, stands=(Standing(query, label, 0, (value,), unit, **more),))


SUBJECTS = {
    "big": number(9.0),
    "small": number(4.0, query="q2"),
    "percent": number(50.0, unit="%"),
    "returned": number(1.0, "Returns", query="q3"),
    "fall": number(-5.0, is_change=True, is_size=True),
    "none": number(None),
}


def judged(text):
    said = list(tokens(text))
    (one,) = comparisons(said)
    return compared(said, one, SUBJECTS, WORDS)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("[[big]] is more than [[small]]", True),
        ("[[big]] is less than [[small]]", False),
        ("[[small]] is a lower amount per row than [[big]]", True),
        ("It was higher than before, [[big]] against [[small]]", True),
        ("After [[small]] and [[big]] it was more than before", False),
        ("[[big]], [[percent]] more than the [[small]] before", True),
        ("It is [[fall]] less than before", True),
        ("It is [[fall]] more than before", False),
        ("It is more than [[big]]", True),
        ("[[big]] is more than [[returned]]", None),
        ("[[big]] is more than expected", None),
        ("[[none]] is more than [[small]]", None),
        ("[[big]] is more than [[big]]", None),
    ],
)
def test_values_decide_where_they_can(text, right):
    assert judged(text) is right


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("more than any other", ["any"]),
        ("lower than all others", ["any"]),
        ("less than the rest", ["rest"]),
        ("less than others", ["rest"]),
        ("more in the North and in the whole of the South than", []),
        ("more than half, more than a few, higher than by chance, rather than", []),
        ("larger than [[big]]", [""]),
    ],
)
def test_what_is_compared_with_all_others_is_known_and_idioms_are_left_alone(text, others):
    assert [one.others for one in comparisons(list(tokens(text)))] == others
