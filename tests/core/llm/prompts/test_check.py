"""Tests of templates are found by their files, and an unknown one does not pass."""

from __future__ import annotations

from core.llm.prompts import check
from core.llm.prompts.template import template


def test_every_file_is_a_test_by_its_name():
    assert {"renders_with_sample", "no_digits", "mentions_references"} <= set(check.discover())


def test_a_run_says_what_is_wrong_and_an_unknown_test_is_wrong():
    found = check.run(["no_digits", "renders_with_sample", "nonsense"], template("Take 3."), {})
    assert "Take 3" in found["no_digits"]
    assert found["renders_with_sample"] == ""
    assert "nonsense" in found["nonsense"]
