"""The Lab: first run, draft, finished run."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_the_first_screen_offers_one_obvious_action():
    at = screens.shell()
    assert not at.exception
    assert at.button(key="sample").label == "Try with sample data"
    assert "What do you want to know?" in screens.text(at)


def test_a_chosen_file_is_profiled_and_suggests_questions(front):
    source = screens.given(front)
    at = screens.shell(data=f"{source.hash}.{quote(source.name).replace('.', '%2E')}.")
    assert not at.exception
    assert "880 rows" in screens.text(at)
    assert len([b for b in at.button if str(b.key).startswith("suggested_")]) == 3
    assert list(at.dataframe[0].value["column"]) == ["day", "region", "units", "revenue"]


def test_a_question_starts_a_run_that_the_address_names(front):
    source = screens.given(front)
    at = screens.shell(data=f"{source.hash}.shop%2Ecsv.")
    at.chat_input[0].set_value("Which region brings the most revenue?").run()
    task_id = at.query_params["task"]
    task = front.kernel.task(task_id[0] if isinstance(task_id, list) else task_id)
    assert task.input["question"] == "Which region brings the most revenue?"
    for _ in front.kernel.follow(task.id):
        pass


@pytest.mark.usefixtures("front")
def test_a_finished_run_shows_steps_and_slides_after_a_reload(asked):
    at = screens.shell(task=asked)
    assert not at.exception
    said = screens.text(at)
    assert any("**Steps**" in one.label for one in at.expander)
    assert "**Deck**" in said
    assert at.button(key="verify")


@pytest.mark.usefixtures("front")
def test_a_run_that_does_not_exist_says_so_with_a_code():
    at = screens.shell(task="0" * 32)
    assert not at.exception
    assert len(at.error) == 1
    assert "not_found" in screens.text(at)
