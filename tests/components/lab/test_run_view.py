"""Both columns of a run."""

from __future__ import annotations

import pytest

from tests import screens


@pytest.mark.usefixtures("front")
def test_a_finished_run_has_steps_and_a_deck(asked):
    at = screens.shell(task=asked)
    said = screens.text(at)
    assert "slides" in said
    labels = [e.label for e in at.expander]
    assert any("Read the file" in label for label in labels)
    steps = next(e for e in at.expander if "**Steps**" in e.label)
    assert not steps.proto.expanded
    assert "iteration" in steps.label
    assert not [b for b in at.button if str(b.key) == "stop_run"]


@pytest.mark.usefixtures("front")
def test_a_run_of_nobody_is_not_found():
    at = screens.shell(task="not-a-task")
    assert len(at.error) == 1
