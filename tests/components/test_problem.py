"""What a person reads when something went wrong."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_an_expected_error_shows_its_sentence_its_way_out_and_its_code():
    at = screens.script(
        "from components.problem import show_problem\n"
        "from core.errors import Invalid\n"
        "show_problem(Invalid('The file is empty.', hint='Give another file.'))"
    )
    assert not at.exception
    assert at.error[0].value == "Give another file."
    assert "invalid" in screens.text(at)


@pytest.mark.usefixtures("front")
def test_an_unforeseen_error_shows_no_stack_and_no_class():
    at = screens.script(
        "from components.problem import show_problem\nshow_problem(KeyError('secret detail'))"
    )
    said = screens.text(at)
    assert "secret detail" not in said
    assert "KeyError" not in said
    assert "Nothing that ran or was stored is affected" in said
    assert "Governance, Health lists it." in said, "it belongs to no run"


@pytest.mark.usefixtures("front")
def test_a_recorded_error_names_the_task_it_belongs_to():
    at = screens.script(
        "from components.problem import show_error\n"
        "show_error({'code': 'budget_exceeded', 'message': 'No.', 'hint': 'Wait.'}, 'task ab12')"
    )
    assert "budget_exceeded · task ab12" in screens.text(at)


def test_the_page_in_governance_does_not_point_at_itself():
    body = "from components.problem import show_error\nshow_error({'message': 'No.'}, 'task 1'%s)"
    assert "It is in Governance" in screens.text(screens.script(body % ""))
    assert "It is in Governance" not in screens.text(screens.script(body % ", here=True"))
