"""The task page knows operations only from their registration."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_every_operation_is_listed():
    at = screens.shell("task")
    assert not at.exception
    assert "Answer a question from files" in screens.text(at)


@pytest.mark.usefixtures("front")
def test_the_form_of_an_operation_is_derived():
    at = screens.shell("task", operation="insight.ask")
    assert not at.exception
    assert at.text_area[0].label == "Question"
    assert at.number_input[0].value == 12


@pytest.mark.usefixtures("front")
def test_a_form_sent_empty_says_what_is_missing_at_its_field():
    at = screens.shell("task", operation="insight.ask")
    at.button[-1].click().run()
    assert "At least 3 characters" in screens.text(at)
    assert "task" not in at.query_params


@pytest.mark.usefixtures("front")
def test_a_task_shows_what_it_was_given_and_what_came_out(asked):
    said = screens.text(screens.shell("task", task=asked))
    assert "Which region brings the most revenue?" in said
    assert "**Result**" in said


@pytest.mark.usefixtures("front")
def test_an_unknown_operation_names_the_known_ones():
    at = screens.shell("task", operation="nothing.here")
    assert "insight.ask" in at.error[0].value.replace("\\", "")
