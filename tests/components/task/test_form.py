"""Operations start from their form."""

from __future__ import annotations

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
