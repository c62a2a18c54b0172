"""Policies on screen: the file's trouble, what holds, and an organisation's own changes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from components import session
from components.govern.views import policies as view
from core.governance.policies import FILE, Policies
from core.kernel.policies import Policy
from tests import screens
from tests.core.governance.policies.book import Book

CASE = {"view": "policies", "case": "lead_scoring"}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "policies.yaml"
    file.write_bytes(FILE.read_bytes())
    return file


@pytest.fixture
def studio(front, path):
    """The open studio with a file of its own."""
    found = Policies(front.database, path)
    shown = SimpleNamespace(**{**vars(front), "policies": found})
    for name in ("answer", "cancel", "ask", "left"):
        setattr(shown, name, getattr(front, name))
    session.use(shown)
    return shown


def key(studio) -> str:
    rows = studio.policies.history(org(studio), "lead_scoring")
    return f"yaml_lead_scoring_{rows[0].revision if rows else 0}"


def org(studio) -> str:
    return studio.people.local().org_id


def holds(studio) -> Policy:
    return studio.policies.resolve("lead_scoring", Policy(name="lead_scoring"), org(studio), "p")


@pytest.mark.usefixtures("studio")
def test_every_use_case_is_listed_with_its_chain_and_budgets():
    at = screens.shell("governance", view="policies")
    assert not at.exception
    lines = at.dataframe[0].value
    assert "openai/gpt-4.1-mini, studio" in list(lines["models"])
    assert "$0.05" in list(lines["request"])
    assert len(lines) == 7


def test_a_bad_file_is_told_on_top_with_its_line(studio, path):
    text = path.read_text()
    path.write_text(text.replace("temperature: 0.3", "temperature: hot"))
    studio.policies.look()
    at = screens.shell("governance", view="policies")
    assert not at.exception
    line = text.splitlines().index("    temperature: 0.3") + 1
    assert f"line {line}" in at.warning[0].value.replace("\\", "")
    assert "The last good file holds" in at.warning[0].value
    assert len(at.dataframe[0].value) == 7


def test_an_owner_sees_the_effect_saves_and_rolls_back(studio):
    at = screens.shell("governance", **CASE)
    at.button(key="save_policy").click().run()
    assert [toast.value for toast in at.toast] == ["Nothing is changed."]
    assert studio.policies.history(org(studio), "lead_scoring") == []
    at.text_area(key=key(studio)).set_value("temperature: 0.1\nrequest_usd: 0.02").run()
    assert "+temperature: 0.1" in at.code[0].value
    assert "+request_usd: 0.02" in at.code[0].value
    at.button(key="save_policy").click().run()
    assert not at.exception
    assert (holds(studio).temperature, holds(studio).request_nusd) == (0.1, 20_000_000)
    at.text_area(key=key(studio)).set_value("temperature: 0.2").run()
    at.text_area(key=key(studio)).set_value("")
    at.button(key="save_policy").click().run()  # out of the text and at once onto the button
    assert holds(studio).temperature == 0.3, "what stood there last is saved"
    first = studio.policies.history(org(studio), "lead_scoring")[-1]
    at.button(key=f"roll_lead_scoring_{first.revision}").click().run()
    assert holds(studio).temperature == 0.1
    studio.policies.take_back(org(studio), "lead_scoring", "test")


def test_a_mistake_is_told_with_its_line_and_cannot_be_saved(studio):
    at = screens.shell("governance", **CASE)
    at.text_area(key=key(studio)).set_value("top_p: 0.5\nqueue: batch").run()
    assert "line 2" in at.error[0].value.replace("\\", "")
    assert "fixed in the code" in at.error[0].value
    at.button(key="save_policy").click().run()
    assert any("line 2" in toast.value.replace("\\", "") for toast in at.toast)
    assert holds(studio).top_p is None


def test_somebody_elses_change_in_between_is_not_overwritten(studio):
    at = screens.shell("governance", **CASE)
    at.text_area(key=key(studio)).set_value("temperature: 0.4").run()
    studio.policies.override(org(studio), "lead_scoring", {"temperature": 0.6}, "bo")
    at.button(key="save_policy").click().run()
    assert not at.exception
    assert holds(studio).temperature == 0.6
    assert any("meanwhile" in toast.value for toast in at.toast)
    studio.policies.take_back(org(studio), "lead_scoring", "test")


def test_who_does_not_govern_reads_only(studio):
    me = studio.people.local()
    for temperature in (0.6, 0.7):
        studio.policies.override(me.org_id, "lead_scoring", {"temperature": temperature}, me.id)
    analyst = replace(me, role="analyst")
    studio.people = SimpleNamespace(local=lambda: analyst, person=studio.people.person)
    at = screens.shell("governance", **CASE)
    assert not at.exception
    assert "Holds now" in screens.text(at)
    assert f"by {me.name}" in screens.text(at)
    assert not at.text_area
    assert not [b for b in at.button if b.key and b.key.startswith(("save_policy", "roll_"))]
    view._save("lead_scoring", {"temperature": 0.1}, 2)  # a forged click
    assert holds(studio).temperature == 0.7
    studio.policies.take_back(me.org_id, "lead_scoring", "test")


@pytest.mark.usefixtures("studio")
def test_an_unknown_use_case_names_the_known():
    at = screens.shell("governance", view="policies", case="nonsense")
    assert not at.exception
    assert "lead_scoring" in screens.text(at)


def test_arms_stand_side_by_side_with_what_they_did(studio):
    arms = {"cool": {"weight": 90}, "warm": {"weight": 10, "temperature": 1}}
    studio.policies.override(org(studio), "lead_scoring", {"split": arms}, "bo")
    book = Book(studio.database)
    about = {"org": org(studio), "name": "lead_scoring"}
    for n in range(9):
        use = {"cost_nusd": 1_200_000, "prompt_tokens": 300, "latency_ms": 410 if n else 900}
        book.call("cool", person=f"p{n % 4}", **about, **use)
    book.call("cool", person="p0", state="failed", **about)
    use = {"cost_nusd": 2_400_000, "prompt_tokens": 310}
    book.call("warm", person="bo", latency_ms=1_900, **about, **use)
    book.call("warm", person="bo", latency_ms=800, **about, **use)
    shown = screens.text(screens.shell("governance", **CASE))
    studio.policies.take_back(org(studio), "lead_scoring", "test")
    assert (
        "| cool | temperature 0.3 | 90% | 4 | 9 | $0.0012 | 300 | 410 ms | 900 ms | 10.0% |"
        in shown
    )
    assert (
        "| warm | temperature 1.0 | 10% | 1 | 2 | $0.0024 | 310 | 800 ms | 1,900 ms | 0.0% |"
        in shown
    )


def test_an_arm_that_nobody_met_yet_is_shown_with_what_sets_it_apart(studio):
    arms = {"a": {"weight": 1}, "b": {"weight": 1, "models": "studio", "request_usd": 0.01}}
    studio.policies.override(org(studio), "lead_scoring", {"split": arms}, "bo")
    shown = screens.text(screens.shell("governance", **CASE))
    studio.policies.take_back(org(studio), "lead_scoring", "test")
    assert "models studio, request $0.01 | 50% | 0 | 0" in shown


def test_shares_are_of_the_whole_and_a_case_without_split_has_none():
    assert view.shares({"a": (9.0, None), "b": (1.0, None)}) == "a 90%, b 10%"
    assert view.shares({"": (1.0, None)}) == ""
