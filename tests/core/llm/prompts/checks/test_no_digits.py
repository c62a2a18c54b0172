"""Numbers of any script are found, with their line."""

from __future__ import annotations

import pytest

from core.llm.prompts.checks.no_digits import no_digits
from core.llm.prompts.template import template


@pytest.mark.parametrize("line", ["Take 3 of them.", "Take \u0663.", "Take \u00bd of it."])
def test_a_number_is_found_with_its_line(line):
    assert line in no_digits(template(f"Good.\n{line}"), {})


def test_words_are_no_numbers():
    assert no_digits(template("Take [[look.finding.name]] and three more."), {}) == ""
