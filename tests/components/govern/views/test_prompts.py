"""Prompts on screen: what is live, what a draft changes, and who moved which label."""

from __future__ import annotations

import pytest

from tests import screens

HERE = {"view": "prompts", "prompt": "insight"}


@pytest.fixture
def studio(front):
    """The open studio."""
    return front


def org(studio):
    return studio.people.local().org_id


def live(studio, name="insight"):
    return studio.prompts.labelled(org(studio), name)


def body_of(at):
    return next(area for area in at.text_area if area.key and area.key.startswith("body_"))


def click(at, key):
    return next(button for button in at.button if button.key == key).click().run()


def test_every_prompt_is_listed_with_its_live_version(studio):
    at = screens.shell("governance", view="prompts")
    assert not at.exception
    lines = at.dataframe[0].value
    assert [link.rpartition("=")[2] for link in lines["open"]][:1] == ["insight"]
    assert "Studio 1" in list(lines["live"])
    assert live(studio).hash[:12] in list(lines["hash"])


def test_a_draft_is_previewed_saved_compared_promoted_and_rolled_back(studio):
    at = screens.shell("governance", **HERE)
    assert not at.exception
    assert "Why did revenue fall in the last quarter?" in screens.text(at)  # the sample
    changed = body_of(at).value.replace("When you have seen enough", "When it is clear")
    click(at, "save_prompt")
    assert [toast.value for toast in at.toast] == ["Nothing is changed."]
    body_of(at).set_value("## user\n{{ question }}").run()
    body_of(at).set_value(changed)
    click(at, "save_prompt")  # out of the text and at once onto the button
    assert "When it is clear" in screens.text(at)
    assert "-When you have seen enough, stop calling tools." in screens.text(at)
    assert live(studio).version == 1
    assert live(studio).org_id == ""
    click(at, "promote_own_1")
    assert not at.exception
    assert "When it is clear" in live(studio).template
    assert "3 tests passed" in screens.text(at)
    click(at, "roll_back")
    assert live(studio).org_id == ""
    said = [(move.label, move.by) for move in studio.prompts.history(org(studio), "insight")]
    owner = studio.people.local().id
    assert said == [("live", owner), ("live", owner), ("draft", owner)]


def test_a_draft_that_fails_its_tests_is_kept_but_not_promoted(studio):
    made = studio.prompts.save(org(studio), "insight", "Take 3. {{ question }}", by="ana")
    at = screens.shell("governance", **HERE)
    click(at, f"promote_own_{made.version}")
    assert live(studio).hash != made.hash
    assert any("may not go live" in toast.value.replace("\\", "") for toast in at.toast)


@pytest.mark.usefixtures("studio")
def test_an_unreadable_template_is_said_with_its_line():
    at = screens.shell("governance", **HERE)
    body_of(at).set_value("## user\n{% for %}").run()
    assert not at.exception
    assert any("line 2" in str(error.value) for error in at.error)


BOMB = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.usefixtures("studio")
@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("question: [", "line 1: "),
        ("question: x\nday: !!int y", "line 2: "),
        (BOMB, "repeats itself too often"),
    ],
    ids=["no YAML", "no number", "a hundred million values in 400 characters"],
)
def test_sample_values_that_cannot_be_read_are_said_with_their_line(sample, said):
    at = screens.shell("governance", **HERE)
    at.text_area(key="sample_insight").set_value(sample).run()
    assert not at.exception
    (error,) = [str(error.value).replace("\\", "") for error in at.error]
    assert error.startswith("The sample values cannot be read, line ")
    assert said in error
    assert "could not be shown" not in screens.text(at)


@pytest.mark.usefixtures("studio")
def test_a_date_among_the_sample_values_is_shown_as_it_was_written():
    at = screens.shell("governance", **HERE)
    body_of(at).set_value("## user\nOn {{ day }}.")
    at.text_area(key="sample_insight").set_value("day: 2024-13-01").run()
    assert not at.exception
    assert "On 2024-13-01." in screens.text(at)


@pytest.mark.usefixtures("studio")
def test_an_unknown_prompt_is_said_kindly():
    at = screens.shell("governance", view="prompts", prompt="nonsense")
    assert not at.exception
    assert "There is no prompt" in screens.text(at)
