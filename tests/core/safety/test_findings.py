"""The worst of many, and one score a category."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.safety.findings import SEVERITIES, Finding, scores, worst

FOUND = st.lists(
    st.builds(Finding, st.sampled_from("abc"), st.floats(0, 1), st.sampled_from(SEVERITIES))
)


@given(FOUND)
def test_the_worst_is_at_least_as_bad_as_any(found):
    places = [SEVERITIES.index(one.severity) for one in found]
    said = worst(found)
    assert (said is None) == (found == [])
    assert said is None or SEVERITIES.index(said) == max(places)


@given(FOUND)
def test_a_category_has_its_highest_score(found):
    said = scores(found)
    assert set(said) == {one.category for one in found}
    assert all(said[one.category] >= one.score for one in found)
    assert all(any(one.score == score for one in found) for score in said.values())
