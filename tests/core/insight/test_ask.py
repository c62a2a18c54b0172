"""An ask: bounded, honest about why it stopped, and never beyond what it was given."""

from __future__ import annotations

import re
import threading

import pytest
import sqlalchemy as sa

from core.data.landing import ReadOptions
from core.errors import Invalid
from core.governance import steps
from core.insight import Question
from core.kernel import Who
from core.settings import load
from core.studio import open_studio
from tests.core.insight.asking import answered, deck_of, ended, give, sales


def names(studio, task, kind):
    return [step.name for step in steps(studio.database, task.id) if step.kind == kind]


def test_a_question_becomes_a_deck_in_steps_that_can_be_audited(studio):
    task = answered(studio, iterations=4)
    deck = deck_of(studio, task)
    assert names(studio, task, "data") == ["read sales.csv"]
    assert names(studio, task, "tool")[:2] == ["profile", "change"]
    assert deck.answer
    assert deck.claims
    assert task.output["iterations"] <= 4
    for step in steps(studio.database, task.id):
        assert step.state == "done"
    usage = studio.database.rows(sa.text("select seq from ledger_usage"))
    model = [step.seq for step in steps(studio.database, task.id) if step.kind == "model"]
    assert [row.seq for row in usage] == model


def test_no_text_of_the_deck_types_a_number(studio):
    deck = deck_of(studio, answered(studio, iterations=5))
    for slide in deck.slides[1:]:
        for text in slide.texts():
            assert not re.search(r"\d", re.sub(r"\[\[[^\]]+\]\]", "", text)), text


def test_iterations_bound_it_and_the_partial_deck_says_so(studio):
    task = answered(studio, iterations=2)
    assert task.output["stopped"] == "iterations"
    assert len(names(studio, task, "tool")) == 2
    deck = deck_of(studio, task)
    assert deck.method.stopped == "iterations"
    assert any("partial" in text for slide in deck.slides for text in slide.texts())


def test_the_ledger_stops_it_and_what_was_found_is_kept(settings):
    tight = settings.model_copy(update={"daily_token_limit_per_user": 9_000})
    studio = open_studio(tight)
    try:
        task = answered(studio)
        assert task.output["stopped"] == "budget"
        deck = deck_of(studio, task)
        assert deck.method.stopped == "budget"
        refused = [step for step in steps(studio.database, task.id) if step.state == "refused"]
        assert refused[0].outcome["code"] == "budget_exceeded"
        assert "daily limit" in refused[0].outcome["message"]
    finally:
        studio.close()


def test_a_run_that_does_not_fit_its_person_or_team_is_refused_before_any_model(settings):
    priced = load(
        {
            "STUDIO_DATA_DIR": str(settings.studio_data_dir),
            "LOG_LEVEL": "ERROR",
            "STUDIO_MODELS": "compatible/small",
            "COMPATIBLE_BASE_URL": "http://127.0.0.1:9/v1",
            "MODEL_PRICES": '{"compatible/small": {"input": 1, "output": 2}}',
        },
        None,
    )
    studio = open_studio(priced)
    try:
        person = studio.people.local()
        studio.ledger.limit(f"team:{person.team_id}", "nusd", "day", 100)
        task = answered(studio, budget={"nusd": 1_000_000})
        assert (task.state, task.error["code"]) == ("failed", "budget_exceeded")
        assert "of the team" in task.error["message"]
        assert task.error["details"]["scope"] == f"team:{person.team_id}"
        assert names(studio, task, "model") == []
    finally:
        studio.close()


def test_only_allowed_tools_run(studio):
    task = answered(studio, tools=["total"])
    assert set(names(studio, task, "tool")) <= {"profile", "total"}


def test_an_unknown_tool_is_said_by_name(studio):
    task = answered(studio, tools=["teleport"])
    assert task.error["code"] == "invalid"
    assert "teleport" in task.error["message"]


def test_files_of_another_organisation_do_not_exist(studio):
    source = give(studio)
    asked = Question(question="What is in here?", sources=[source]).model_dump(mode="json")
    other = Who(org="other", person=studio.people.local().id)
    task = ended(studio, studio.kernel.submit("insight.ask", asked, other))
    assert task.state == "failed"
    assert task.error["code"] in ("not_found", "refused")


def test_a_doubt_is_asked_and_its_answer_used(studio):
    text = b"day,amount\n" + b"".join(
        b"%02d/%02d/2025,%d\n" % (d % 12 + 1, d % 12 + 1, d) for d in range(60)
    )
    text += b"03/04/2025,7\n" * 30
    source = give(studio, "doubt.csv", text)
    task = answered(studio, sources=[source])
    if task.state == "done":
        pytest.fail("day and month are in doubt here")
    assert task.error["details"]["field"] == "date_order"
    options = {source.hash: ReadOptions(date_order="dmy")}
    assert answered(studio, sources=[source], read=options, iterations=2).state == "done"


def test_a_file_without_rows_is_refused_kindly(studio):
    task = answered(studio, sources=[give(studio, "empty.csv", b"a,b\n")])
    assert task.state == "failed"
    assert "no rows" in task.error["message"]


def test_cancel_ends_it_at_once(studio, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def held(_ask, _outcome):  # after its first step
        begun.set()
        assert go.wait(120)

    monkeypatch.setattr(studio.kernel, "listeners", [*studio.kernel.listeners, held])
    asked = Question(question="What drives amount?", sources=[give(studio, data=sales(4))])
    task_id = studio.ask(studio.people.local(), asked)
    assert begun.wait(60)
    studio.kernel.cancel(task_id)
    go.set()
    assert ended(studio, task_id).state == "cancelled"
    assert [step.kind for step in steps(studio.database, task_id)] == ["data"], "no other began"


def test_two_files_with_one_name_are_two_tables(studio):
    sources = [give(studio), give(studio, data=sales(1))]
    task = answered(studio, sources=sources, iterations=3)
    deck = deck_of(studio, task)
    assert [source.table for source in deck.sources] == ["sales", "sales_2"]


def test_a_question_needs_words_and_a_file(studio):
    with pytest.raises(Invalid):
        studio.kernel.submit(
            "insight.ask", {"question": "", "sources": []}, studio.people.local().who()
        )
