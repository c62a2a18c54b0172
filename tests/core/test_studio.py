"""The open studio: every part in its place."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core import safety
from core.errors import Invalid, NotFound, Refused, Unavailable
from core.governance import spend
from core.identity.records import PERSON
from core.insight import Question
from core.safety import Bench
from core.settings import Settings
from core.storage.blobs import Source
from core.studio import Studio, open_studio
from tests.core.commands.conftest import logs, write_sales
from tests.core.kernel.proofs.parts import steps, until
from tests.core.safety.parts import Scripted

__all__ = ["logs"]  # a fixture


@pytest.fixture
def settings(logs, tmp_path):  # noqa: ARG001 - they are undone
    return Settings(studio_data_dir=tmp_path / "var", log_level="ERROR")


@pytest.fixture
def studio(settings):
    studio = open_studio(settings)
    yield studio
    studio.close()


def question(studio, tmp_path, **more):
    sales = write_sales(tmp_path / "sales.csv")
    person = studio.people.local()
    source = studio.add_source(person, sales.name, [sales.read_bytes()])
    return person, Question(question="Why did revenue fall?", sources=[source], **more)


def test_gates_stand_in_order_and_the_ledger_is_asked_last(studio):
    names = [type(gate).__name__ for gate in studio.kernel.gates]
    assert names == [
        "PermissionGate", "FlagGate", "PolicyGate", "SafetyGate", "ApprovalGate",
    ]  # fmt: skip
    assert studio.kernel.ledger is studio.ledger
    assert studio.kernel.redact is safety.redact


def test_a_question_becomes_a_deck_and_survives_a_restart(settings, tmp_path):
    studio = open_studio(settings)
    person, asked = question(studio, tmp_path, iterations=2)
    task_id = studio.ask(person, asked)
    task = until(studio.kernel, task_id, "done", "failed", timeout_s=90)
    assert task.state == "done", task.error
    total = sum(step.tokens for step in steps(studio.kernel, task_id))
    assert studio.spent(task_id) == (0, total)
    assert sum(row.tokens for row in spend(studio.database, person.org_id)) == total
    limit = sa.text("select max from ledger_limit where scope = :scope")
    (row,) = studio.database.rows(limit.bindparams(scope=f"task:{task_id}"))
    assert row.max == 500_000_000, "the default budget of a question"
    studio.close()
    again = Studio(settings)
    assert again.people.local() == person
    assert again.kernel.task(task_id).output == task.output
    assert again.blobs.has(task.output["deck"])
    again.close()


def test_a_source_that_was_never_given_cannot_be_asked_about(studio):
    source = Source(hash="0" * 64, name="a.csv", size_bytes=1)
    asked = Question(question="Why did revenue fall?", sources=[source])
    try:
        task_id = studio.ask(studio.people.local(), asked)
    except (Invalid, NotFound):
        return
    assert until(studio.kernel, task_id, "done", "failed").error["code"] == "not_found"


def test_who_may_only_read_gets_a_refusal_and_no_model_is_called(studio, tmp_path):
    person, asked = question(studio, tmp_path)
    change = sa.update(PERSON).values(role="viewer")
    studio.database.transaction(lambda db: db.execute(change))
    task = until(studio.kernel, studio.ask(person, asked), "failed")
    assert task.error["code"] == "refused"
    assert {step.state for step in steps(studio.kernel, task.id)} == {"refused"}


def test_a_feature_that_is_off_is_refused_with_its_switch(settings, tmp_path):
    studio = open_studio(settings.model_copy(update={"flags": {"insight": "off"}}))
    person, asked = question(studio, tmp_path)
    task = until(studio.kernel, studio.ask(person, asked), "failed")
    assert "FLAG_INSIGHT=on" in task.error["hint"]
    studio.close()


@pytest.mark.usefixtures("studio")
def test_a_second_studio_on_one_sqlite_is_told_both_ways_out(settings):
    with pytest.raises(Unavailable) as caught:
        open_studio(settings)
    assert "STUDIO_DATA_DIR" in caught.value.hint
    assert "DATABASE_URL" in caught.value.hint


def test_what_it_was_given_is_its_owners_and_nobody_elses(studio, tmp_path):
    person, asked = question(studio, tmp_path)
    assert studio.sources.list(person.org_id) == asked.sources
    assert studio.sources.list("another") == []


def test_only_who_may_answers_and_cancels_and_only_at_home(studio, tmp_path):
    person, asked = question(studio, tmp_path)
    task_id = studio.ask(person, asked)
    stranger = dataclasses.replace(person, org_id="another")
    viewer = dataclasses.replace(person, role="viewer")
    for act in (studio.cancel, lambda p, task: studio.answer(p, task, 1, "approved")):
        with pytest.raises(NotFound):
            act(stranger, task_id)
        with pytest.raises(Refused):
            act(viewer, task_id)
    studio.cancel(person, task_id)
    assert until(studio.kernel, task_id, "cancelled", "done").state == "cancelled"


def test_nobody_gives_a_question_more_than_its_policy_does(studio, tmp_path):
    person, asked = question(studio, tmp_path, iterations=1)
    studio.policies.override(person.org_id, "insight", {"budget_usd": "0.1"}, person.id)
    for wanted, most in (
        (5_000_000_000, 100_000_000),
        (70_000_000, 70_000_000),
        (None, 100_000_000),
    ):
        budget = None if wanted is None else {"nusd": wanted}
        task_id = studio.ask(person, asked, budget=budget)
        scope = f"task:{task_id}"
        who = person.who().model_copy(update={"scopes": (scope,)})
        (own,) = [row.max for row in studio.ledger.remaining(who) if row.scope == scope]
        assert own == most
        studio.cancel(person, task_id)


def test_the_environment_stands_above_the_policy(studio, tmp_path):
    studio.settings = studio.settings.model_copy(update={"ask_budget_usd": Decimal(2)})
    studio.settings.model_fields_set.add("ask_budget_usd")
    person, _ = question(studio, tmp_path)
    assert studio._within(person, "insight.ask", {"nusd": 9_000_000_000}) == {"nusd": 2_000_000_000}


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ({"input": 3}, "openai/gpt-4.1: input and output belong together"),
        ({"input": "much", "output": 1}, "openai/gpt-4.1.input: "),
        ({"words": 1}, "openai/gpt-4.1.words: "),
    ],
)
def test_a_price_that_is_none_is_named_with_its_setting(settings, price, said):
    wrong = settings.model_copy(update={"model_prices": {"openai/gpt-4.1": price}})
    with pytest.raises(Invalid, match="MODEL_PRICES") as caught:
        Studio(wrong)
    assert said in caught.value.message


def test_models_and_their_judge_are_warm_before_they_are_asked(studio):
    judge = Scripted({})
    studio.safety = dataclasses.replace(studio.safety, bench=Bench(judge))
    studio.warm()
    assert judge.warmed


def test_what_is_left_is_what_the_ledger_says(studio):
    who = studio.people.local().who()
    assert studio.left(who) == [r for r in studio.ledger.remaining(who) if r.period != "request"]
    assert studio.left(who)


def test_a_policy_cannot_name_a_template_that_nobody_wrote(studio):
    org = studio.people.local().org_id
    with pytest.raises(Invalid, match=r"prompt: There is no prompt 'brief'"):
        studio.policies.override(org, "conversation", {"prompt": "brief"}, "test")
    studio.prompts.save(org, "brief", "Say yes.", by="test")
    studio.policies.override(org, "conversation", {"prompt": "brief"}, "test")
