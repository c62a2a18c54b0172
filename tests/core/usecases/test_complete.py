"""One call resolves the policy, the prompt and the model, and brings its receipt."""

from __future__ import annotations

from core.settings import load
from core.studio import open_studio
from core.usecases.complete import Completion
from tests.core.llm import parts
from tests.loopback import openai_server
from tests.loopback.server import KEY, Turn


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


def test_what_a_restart_cut_off_is_counted_and_paid_for_as_well(tmp_path):
    turns = [Turn("Some words that nobody will see the end of", stall_after=3), Turn("Whole.")]
    with openai_server.open_server() as gpt:
        gpt.script["gpt-4.1"] = lambda _body: turns[min(1, len(gpt.seen) - 1)]
        env = {"STUDIO_DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR", "OPENAI_API_KEY": KEY}
        env |= {"OPENAI_BASE_URL": f"{gpt.url}/v1", "MODEL_IDLE_S": "600"}
        studio = open_studio(load(env, None))
        person = studio.people.local()
        task_id = studio.submit(person, "complete", {"prompt": "Say it."})
        parts.wait_for_text(studio.kernel, task_id)
        studio.close()
        studio = open_studio(load(env, None))
        for _ in studio.kernel.follow(task_id):
            pass
        task, uses = studio.kernel.task(task_id), parts.rows(studio.kernel, "ledger_usage", task_id)
        spent, _ = studio.spent(task_id)
        studio.close()
    assert (task.state, task.output["text"], len(gpt.seen)) == ("done", "Whole.", 2)
    assert [bool(use.estimated) for use in uses] == [True, False]
    assert uses[0].completion_tokens > 0
    assert spent == sum(use.cost_nusd for use in uses) > uses[1].cost_nusd
