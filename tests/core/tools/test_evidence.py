"""Evidence: a sentence refers to its numbers or is not made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.tools.evidence import Figure, Finding, Outcome, Query, Test, check_text

DROP = Figure(label="Drop", query=0, column="drop")


def test_a_finding_that_types_a_number_cannot_be_made():
    with pytest.raises(ValidationError, match="types a number"):
        Finding(key="a", title="Revenue fell by 12%")
    with pytest.raises(ValidationError, match="types a number"):
        Finding(key="a", title="It fell.", caveats=["Only 3 rows."])


def test_a_finding_refers_only_to_what_it_has():
    with pytest.raises(ValidationError, match="unknown"):
        Finding(key="a", title="Revenue fell by {drop}")
    made = Finding(
        key="a", title="{measure} fell by {drop}", figures={"drop": DROP}, names={"measure": "q4"}
    )
    assert made.tests == []


@given(st.text(alphabet="abc {}_.", max_size=30), st.integers(0, 10**6))
def test_no_digit_passes_outside_a_reference(words, number):
    with pytest.raises(ValueError, match=r"number|unknown"):
        check_text(f"{words} {number}", set())


@given(st.sets(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=4))
def test_known_references_pass_whatever_their_names(names):
    check_text(" and ".join(f"{{{name}}}" for name in sorted(names)), names)


def test_a_p_value_is_a_probability():
    with pytest.raises(ValidationError):
        Test(name="t", method="m", n=1, p=1.5, effect=0, effect_kind="SD", floor=0)


def test_an_outcome_survives_json():
    grid = {"columns": ["drop"], "rows": [[1.5]]}
    made = Outcome(
        recipe="change",
        params={"table": "t"},
        queries=[Query(sql="SELECT 1", title="One", grid=grid)],
        findings=[Finding(key="a", title="{drop}", figures={"drop": DROP})],
    )
    assert Outcome.model_validate_json(made.model_dump_json()) == made
