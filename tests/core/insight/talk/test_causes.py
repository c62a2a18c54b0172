"""No sentence of a model's own tells a cause or a future; what was measured may be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.insight.render import HEDGES
from core.insight.talk.causes import check_causes, fault
from core.insight.talk.vocabulary import of

SAID = {
    "Revenue fell by [[1.c.drop]] in [[1.c.when]]",
    "The fall of [[1.c.part]] is due to a price of [[1.c.price]]",
    "Moving together does not say that one causes the other",
}
WORDS = of({"region": ["North"]}, ["revenue"])

HONEST = [
    "Revenue fell by [[1.c.drop]], most of it in [[1.c.part]].",
    "[[1.c.part]] of the fall came from [[1.c.when]].",
    "Moving together does not say that one causes the other.",
    "The data does not show what caused the fall of [[1.c.drop]].",
    "The fall of [[1.c.drop]] tells nothing, and cannot prove that one caused the other.",
    "It isn't clear that [[1.c.drop]] was caused by the weather.",
    "The price of [[1.c.price]] makes it due to [[1.c.part]].",
    "The amount due is [[1.c.drop]], paid at will_power [[will.due.to]].",
    "[[1.c.drop]] should be read with care.",
    "The expected value is [[1.c.drop]], more than expected.",
    "A causeway and a willow cost [[1.c.drop]]; the goodwill is [[1.c.price]].",
    "The group is led by [[1.c.part]].",
]

WRONG = [
    ("Revenue fell because of bad weather, [[1.c.drop]].", "tells a cause, 'because'"),
    ("Because it rained, it was [[1.c.drop]].", "tells a cause, 'Because'"),
    ("The fall of [[1.c.drop]] is due to rain.", "tells a cause, 'due to'"),
    ("The fall of [[1.c.drop]] was caused by rain.", "tells a cause, 'caused by'"),
    ("Rain causes falls of [[1.c.drop]].", "tells a cause"),
    ("The fall of [[1.c.drop]] was driven by rain.", "tells a cause"),
    ("Rain drove the fall of [[1.c.drop]].", "tells a cause"),
    ("It is [[1.c.drop]], thanks to the sun.", "tells a cause"),
    ("As a result of rain it fell by [[1.c.drop]].", "tells a cause"),
    ("Rain led to a fall of [[1.c.drop]].", "tells a cause"),
    ("It resulted from rain: [[1.c.drop]].", "tells a cause"),
    ("The fall is attributed to rain: [[1.c.drop]].", "tells a cause"),
    ("The reason is rain: [[1.c.drop]].", "tells a cause"),
    ("It did not fall because of rain: [[1.c.drop]].", "tells a cause"),
    ("It is not known how much, but [[1.c.drop]] was due to rain.", "tells a cause"),
    ("It is not known how much but [[1.c.drop]] was due to rain.", "tells a cause"),
    ("[[1.c.drop]]because[[1.c.price]]", "tells a cause"),
    ("The main cause is [[1.c.part]].", "tells a cause"),
    ("Revenue will rise from [[1.c.drop]].", "tells the future, 'will'"),
    ("Revenue won\u2019t rise from [[1.c.drop]].", "tells the future"),
    ("Revenue is expected to be [[1.c.drop]].", "tells the future"),
    ("Revenue should recover from [[1.c.drop]].", "tells the future"),
    ("Revenue is likely to fall by [[1.c.drop]].", "tells the future"),
    ("Sales are going to be [[1.c.drop]].", "tells the future"),
    ("In the coming quarters it is [[1.c.drop]].", "tells the future"),
    ("All is well. It will be [[1.c.drop]].", "tells the future"),
]


@pytest.mark.parametrize("text", [*HONEST, *sorted(HEDGES), ""])
def test_what_was_measured_may_be_told_and_that_causes_are_not_known(text):
    check_causes(text, SAID, WORDS)


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_causes_and_forecasts_are_refused_with_the_reason(text, why):
    with pytest.raises(Invalid) as caught:
        check_causes(text, SAID, WORDS)
    assert why in caught.value.message
    assert caught.value.hint


def test_a_cause_that_a_finding_tells_may_be_told_of_its_references_only():
    assert not fault("It is due to [[1.c.part]].", SAID, WORDS)
    assert fault("It is due to [[1.c.drop]].", SAID, WORDS)
    assert fault("It is because of [[1.c.part]].", SAID, WORDS)


def test_where_the_data_has_a_column_of_causes_they_may_be_counted_and_nothing_else():
    words = of({"cause_of_delay": ["Ice", "Strike"]}, ["minutes"])
    assert not fault("The causes of delay are led by [[1.c.part]].", SAID, words)
    assert fault("It took [[1.c.drop]] because of [[1.c.part]].", SAID, words)


@given(
    st.sampled_from(["because of", "due to", "caused by", "driven by", "thanks to"]),
    st.sampled_from(["the rain", "[[1.c.part]]", "a strike in the North, it seems"]),
    st.booleans(),
)
def test_whatever_is_named_as_a_cause_is_caught_before_and_after_the_number(word, cause, first):
    sentence = f"{word} {cause}, it fell by [[1.c.drop]]."
    sentence = sentence if first else f"It fell by [[1.c.drop]] {word} {cause}."
    assert bool(fault(sentence, SAID, WORDS)) == (word != "due to" or "part" not in cause)
