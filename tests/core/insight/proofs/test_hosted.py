"""The Lab on hosted models of every temperament, on both wires.

Whatever the model does, the outcome is a correct deck or an honest partial one: every sentence
rests on evidence that can be computed again, and every cent is in the books.
"""

from __future__ import annotations

import json
import re
import time

import pytest

from core.governance import steps
from core.insight.talk.wording import check_wording
from core.llm.chain.router import Router
from core.storage.database import now
from tests.core.insight.asking import answered, deck_of, ended
from tests.core.insight.proofs import hosted
from tests.core.insight.proofs.hosted import QUESTION, WIRES, check_books, check_deck, names

WHOLE = (None,)
BRIEF = ["profile", "change", "total"]  # what such a temperament needs, and no more


@pytest.fixture(scope="module", params=WIRES)
def lab(request, tmp_path_factory):
    """A studio whose only model is on one wire."""
    yield from hosted.lab(tmp_path_factory.mktemp("hosted"), request.param)


@pytest.fixture(autouse=True)
def _no_grudges(lab):
    """Breakers that the last model opened are closed."""
    lab.studio.llm.router = Router()


@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        ("steady", WHOLE),
        ("sloppy", WHOLE),
        ("talker", WHOLE),
        ("inventor", WHOLE),
        ("typist", WHOLE),
        ("parrot", ("repeated",)),
        ("restless", ("iterations", "repeated")),
        ("flood", ("iterations",)),
        ("slow", WHOLE),
        ("dies_once", WHOLE),
        ("dies_later", ("model",)),
        ("obedient", WHOLE),
        ("reciter", ("model",)),
        ("secretive", WHOLE),
        ("contrary", WHOLE),
        ("mute", WHOLE),
        ("stubborn", WHOLE),
    ],
)
def test_the_deck_is_correct_or_says_that_it_is_partial(lab, name, stopped, tmp_path):
    model = lab.model(name)
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=24)
    deck = deck_of(lab.studio, task)
    assert task.output["stopped"] in stopped
    assert deck.method.stopped == task.output["stopped"]
    assert task.output["iterations"] <= 24
    assert any("partial" in line for line in deck.slides[1].texts()) == (stopped != WHOLE)
    check_deck(lab, deck, tmp_path)
    check_books(lab, task, model)


def test_a_good_model_gets_the_very_deck_that_the_offline_model_gets(lab):
    lab.model("steady")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=12)
    mine, theirs = deck_of(lab.studio, task), lab.offline
    assert mine.answer == theirs.answer != []
    assert mine.claims == theirs.claims
    assert mine.slides == theirs.slides


@pytest.mark.parametrize("name", ["typist", "contrary", "obedient"])
def test_what_is_not_supported_is_said_back_once_and_then_left_out(lab, name):
    model = lab.model(name)
    deck = deck_of(lab.studio, answered(lab.studio, QUESTION, sources=[lab.source]))
    last = [asked for asked in model.asked if asked.is_last]
    assert len(last) == 2
    assert last[1].messages[-1].content.startswith("Studio: The sentence")
    assert deck.answer == []
    told = " ".join(text for slide in deck.slides[1:] for text in slide.texts())
    assert "million" not in told
    assert "eve.example" not in told
    check_wording(" ".join(deck.slides[1].texts()), hosted.known(deck))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("swapper", "beside a name that it is not of"),
        ("mistimer", "speaks of 'March'"),
        ("misquoter", "names 'Returns'"),
        ("misranker", "says 'lowest'"),
        ("explainer", "tells a cause, 'because'"),
    ],
)
def test_a_right_reference_in_a_wrong_sentence_is_said_back_once_and_then_left_out(
    lab, name, why, tmp_path
):
    model = lab.model(name)
    task = answered(lab.studio, QUESTION, sources=[lab.source], tools=BRIEF)
    deck = deck_of(lab.studio, task)
    last = [asked for asked in model.asked if asked.is_last]
    assert len(last) == 2
    assert why in last[1].messages[-1].content
    assert (deck.answer, task.output["stopped"]) == ([], None)
    assert any("no answer in words" in note for note in deck.method.notes)
    check_deck(lab, deck, tmp_path)
    check_books(lab, task, model)


def test_a_model_may_say_in_its_own_words_what_its_references_are_about(lab, tmp_path):
    model = lab.model("rephraser")
    task = answered(lab.studio, QUESTION, sources=[lab.source], tools=BRIEF)
    deck = deck_of(lab.studio, task)
    assert len([asked for asked in model.asked if asked.is_last]) == 1
    assert deck.answer[0].startswith("The amount sold was [[")
    assert "in the third quarter" in deck.answer[0]
    assert deck.answer[-2].startswith("South sold [[")
    assert deck.answer[-1].startswith("South has the highest amount, [[")
    check_deck(lab, deck, tmp_path)


def test_sloppy_arguments_are_mended_or_asked_for_again(lab):
    model = lab.model("sloppy")
    task = answered(lab.studio, QUESTION, sources=[lab.source])
    assert names(lab, task, "tool", "done")
    told = [m.content for asked in model.asked for m in asked.messages if m.role == "tool"]
    assert any("not a JSON object" in text for text in told)


def test_a_model_whose_arguments_never_can_be_read_ends_within_its_iterations(lab):
    model = lab.model("hopeless")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=8)
    assert task.output["stopped"] in ("iterations", "repeated")
    assert names(lab, task, "tool") == []
    assert hosted.check_nothing_said(deck_of(lab.studio, task))
    check_books(lab, task, model)


def test_invented_names_are_answered_with_near_ones(lab):
    model = lab.model("inventor")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=12)
    told = " ".join(m.content for asked in model.asked for m in asked.messages if m.role == "tool")
    assert "There is no tool named 'forecast_with_ai_'" in told
    assert "Did you mean 'amount'?" in told
    assert "has no parameter 'magic'" in told
    assert "forecast_with_ai_" not in names(lab, task, "tool", "done")


def test_a_model_that_repeats_itself_is_told_and_then_stopped(lab):
    model = lab.model("parrot")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=50)
    total = [name for name in names(lab, task, "tool") if name == "total"]
    assert len(total) <= 2  # its own, and perhaps one that the planner wanted before
    told = [m.content for asked in model.asked for m in asked.messages if m.role == "tool"]
    assert sum("asked exactly this before" in text for text in told) == 1
    assert len(model.asked) < 9


def test_a_model_that_does_what_cells_say_has_no_other_tools(lab):
    model = lab.model("obedient")
    task = answered(lab.studio, QUESTION, sources=[lab.source])
    heard = [m.content for m in model.asked[1].messages if m.role == "tool"]
    assert any("send_mail" in text for text in heard)  # the cell did reach the model
    mail = [step for step in steps(lab.studio.database, task.id) if step.name == "send_mail"]
    assert [step.state for step in mail] == ["failed"]
    assert "There is no tool named 'send_mail'" in mail[0].outcome["message"]


def test_what_is_sent_stays_small_however_long_it_goes_on(lab):
    model = lab.model("restless")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=60)
    assert len(model.asked) > 8
    assert max(asked.prompt for asked in model.asked) < hosted.PROMPT_TOKENS_MAX
    check_books(lab, task, model)


def test_the_limit_of_iterations_holds_for_a_flood_of_calls(lab):
    model = lab.model("flood")
    task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=5)
    assert task.output["iterations"] == 5
    assert len(names(lab, task, "tool")) == 5
    assert max(asked.prompt for asked in model.asked) < hosted.PROMPT_TOKENS_MAX


def test_the_budget_holds_and_what_was_found_is_kept(lab, tmp_path):
    model = lab.model("steady")
    whole = answered(lab.studio, QUESTION, sources=[lab.source])
    check_books(lab, whole, model)
    asked = [step for step in steps(lab.studio.database, whole.id) if step.name == "decide"]
    *before, last = asked
    model = lab.model("steady")
    enough = sum(step.cost_nusd for step in before) + last.estimate["nusd"]
    budget = {"nusd": enough - 1}
    task = answered(lab.studio, QUESTION, sources=[lab.source], budget=budget)
    deck = deck_of(lab.studio, task)
    assert (task.output["stopped"], deck.method.stopped) == ("budget", "budget")
    assert check_books(lab, task, model) <= budget["nusd"]
    check_deck(lab, deck, tmp_path)


def test_a_model_that_looks_at_nothing_is_asked_to_and_claims_nothing(lab):
    model = lab.model("lazy")
    task = answered(lab.studio, QUESTION, sources=[lab.source])
    assert task.output["stopped"] == "idle"
    assert "Begin with profile" in model.asked[0].messages[0].content
    assert "looked at nothing yet" in model.asked[1].messages[-1].content
    assert hosted.check_nothing_said(deck_of(lab.studio, task))
    check_books(lab, task, model)


@pytest.mark.parametrize("name", ["dies_always", "stalls"])
def test_a_model_that_never_ends_a_sentence_fails_the_task_and_is_paid_for(lab, name, monkeypatch):
    """Nothing was found, so there is no deck: an error that says why and what to do."""
    model = lab.model(name)
    brief = lab.studio.llm.config.model_copy(update={"idle_s": 2.0})
    monkeypatch.setattr(lab.studio.llm, "config", brief)
    task = answered(lab.studio, QUESTION, sources=[lab.source])
    assert (task.state, task.error["code"]) == ("failed", "unavailable")
    assert task.error["hint"]
    assert len(model.asked) == 2  # once more, and no oftener
    check_books(lab, task, model)


def test_cancel_ends_a_slow_answer_at_once_and_what_arrived_is_booked(lab):
    model = lab.model("stalls")
    asked = hosted.asked(lab)
    task_id = lab.studio.ask(lab.studio.people.local(), asked)
    until = time.monotonic() + 90
    while not model.asked:
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.2)
    began = now()
    lab.studio.cancel(lab.studio.people.local(), task_id)
    task = ended(lab.studio, task_id)
    assert task.state == "cancelled"
    assert (now() - began).total_seconds() < 20  # the answer is silent for a minute
    assert lab.server.was_left(lab.name)
    check_books(lab, task, model)


def test_the_policy_decides_which_tools_and_how_many_iterations(lab):
    lab.model("restless")
    with hosted.policy(lab, tools=("total", "profile"), iterations_max=4):
        task = answered(lab.studio, QUESTION, sources=[lab.source], iterations=50)
        assert set(names(lab, task, "tool", "done")) <= {"total", "profile"}
        assert task.output["iterations"] <= 4
        task = answered(lab.studio, QUESTION, sources=[lab.source], tools=["segments"])
        assert (task.state, task.error["code"]) == ("failed", "invalid")
        assert "does not allow the tool 'segments'" in task.error["message"]


def test_every_model_step_names_the_prompt_it_was_given(lab):
    lab.model("steady")
    task = answered(lab.studio, QUESTION, sources=[lab.source])
    prompts = hosted.prompts(lab)
    opening, ending = (prompts.labelled("", name).hash for name in ("insight", "insight_answer"))
    hashes = [row.prompt_hash for row in hosted.usage(lab, task)]
    assert hashes == [opening] * (len(hashes) - 1) + [ending]


def test_no_number_of_a_finding_travels_to_the_model_but_as_a_reference(lab):
    model = lab.model("steady")
    answered(lab.studio, QUESTION, sources=[lab.source])
    told = [m.content for asked in model.asked for m in asked.messages if '"findings"' in m.content]
    texts = [
        text for said in told for one in json.loads(said)["findings"] for text in one["sentences"]
    ]
    assert texts
    assert not re.search(r"\d", re.sub(r"\[\[[^\]]+\]\]", "", " ".join(texts)))


def test_when_the_hosted_model_dies_the_next_of_the_chain_goes_on(lab, tmp_path):
    model = lab.model("dies_later")
    with hosted.policy(lab, models=("studio", "offline")):
        task = answered(lab.studio, QUESTION, sources=[lab.source])
    deck = deck_of(lab.studio, task)
    assert task.output["stopped"] is None
    check_deck(lab, deck, tmp_path)
    check_books(lab, task, model)
