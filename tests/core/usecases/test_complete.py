"""One call resolves the policy, the prompt and the model, and brings its receipt."""

from __future__ import annotations

from core.usecases.complete import Completion


def completed(studio, **asked):
    task_id = studio.submit(studio.people.local(), "complete", {"prompt": "Hello", **asked})
    for _ in studio.kernel.follow(task_id):
        pass
    return studio.kernel.task(task_id)


def test_a_prompt_is_answered_with_its_receipt(studio):
    task = completed(studio)
    made = Completion.model_validate(task.output)
    assert (made.model, made.use_case, made.cost_nusd) == ("offline", "conversation", 0)
    assert [tried.model for tried in made.attempts][-1] == "offline"
    assert 0 < made.budget["tokens"] < 500_000
    assert made.latency_ms >= 0
    assert (bool(made.text), made.finish_reason) == (True, "stop")


def test_an_unknown_policy_is_an_error_that_names_the_known_ones(studio):
    task = completed(studio, policy="nonsense")
    assert task.error["code"] == "not_found"
    assert "conversation" in task.error["hint"]


def test_variables_that_fill_nothing_are_refused(studio):
    task = completed(studio, variables={"foo": "1"})
    assert (task.error["code"], task.error["hint"]) == ("invalid", "Name a template.")
