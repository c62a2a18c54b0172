"""The question box: limits travel with the question."""

from __future__ import annotations

import pytest

from tests import screens


def draft(front):
    source = screens.given(front)
    return screens.shell(data=f"{source.hash}.shop%2Ecsv.")


def task_of(front, at):
    value = at.query_params["task"]
    task_id = value[0] if isinstance(value, list) else value
    for _ in front.kernel.follow(task_id):
        pass
    return front.kernel.task(task_id)


def budget_of(front, task):
    who = front.people.local().who().model_copy(update={"scopes": (f"task:{task.id}",)})
    return next(r.max for r in front.ledger.remaining(who) if r.scope == f"task:{task.id}")


def test_limits_and_tags_travel_with_the_question(front):
    at = draft(front)
    at.number_input(key="iterations_new").set_value(2)
    at.number_input(key="budget_new").set_value(0.25)
    at.chat_input[0].set_value("Which region brings the most revenue?").run()
    task = task_of(front, at)
    assert task.input["iterations"] == 2
    assert task.input["tools"] == []


def test_a_suggestion_is_asked_with_one_click(front):
    at = draft(front)
    button = next(b for b in at.button if str(b.key) == "suggested_new_0")
    button.click().run()
    assert task_of(front, at).input["question"] == button.label.replace("\\", "")


def test_too_short_a_question_is_not_asked(front):
    at = draft(front)
    at.chat_input[0].set_value("?").run()
    assert "task" not in at.query_params
    assert "This cannot be asked" in str([e.proto.title for e in at.error] + [screens.text(at)])


def test_a_run_that_failed_is_asked_again_as_it_was(front):
    from core.data.landing import ReadOptions
    from core.insight import Question

    source = screens.given(front, "empty.csv", b"a,b\n")
    asked = Question(
        question="Why is it?",
        sources=[source],
        iterations=3,
        tags=["board"],
        read={source.hash: ReadOptions(decimal=",")},
    )
    failed = front.ask(front.people.local(), asked, budget={"nusd": 120_000_000})
    for _ in front.kernel.follow(failed):
        pass
    at = screens.shell(task=failed)
    at.button(key="same_again").click().run()
    again = task_of(front, at)
    assert again.id != failed
    assert again.input == front.kernel.task(failed).input
    assert budget_of(front, again) == 120_000_000


@pytest.mark.usefixtures("front")
def test_a_run_that_is_done_needs_no_second(asked):
    assert "same_again" not in {button.key for button in screens.shell(task=asked).button}
