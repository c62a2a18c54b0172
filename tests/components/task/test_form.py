"""Operations start from their form."""

from __future__ import annotations

import pytest

from tests import screens


def test_a_question_with_a_file_starts_a_task_from_the_form_alone(front):
    at = screens.shell("task", operation="insight.ask")
    at.text_area[0].set_value("Which region brings the most revenue?")
    at.file_uploader[0].upload("shop.csv", screens.shop())
    next(b for b in at.button if b.label == "Run").click().run()
    assert not at.exception
    value = at.query_params["task"]
    task_id = value[0] if isinstance(value, list) else value
    for _ in front.kernel.follow(task_id):
        pass
    assert front.kernel.task(task_id).state == "done"


@pytest.mark.usefixtures("front")
def test_what_exists_can_be_picked():
    at = screens.shell("task", operation="complete")
    assert not at.exception
    options = {box.label: box.options for box in at.selectbox}
    assert "conversation" in options["Policy"]
    assert "insight" in options["Template, optional"]


@pytest.mark.usefixtures("front")
def test_an_empty_prompt_is_said_at_its_field():
    at = screens.shell("task", operation="complete")
    next(b for b in at.button if b.label == "Run").click().run()
    assert not at.exception
    assert "This is needed" in screens.text(at)
