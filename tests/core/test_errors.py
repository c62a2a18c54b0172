"""Errors: one sentence each, and the same on the other side of the engine."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.errors import BudgetExceeded, Refused, Rejected, StudioError, restore

CORE = Path(__file__).parents[2] / "core"


def kinds(of=StudioError):
    """Every class of error of the studio."""
    found = {of} if of.__module__.startswith("core.") else set()
    return found.union(*(kinds(sub) for sub in of.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(kinds(), key=lambda kind: kind.__name__))
@given(message=st.text(), hint=st.text(), value=st.integers() | st.text() | st.none())
def test_an_error_comes_back_as_itself(kind, message, hint, value):
    made = json.loads(json.dumps(kind(message, hint=hint, about=value).as_value()))
    back = restore(made)
    assert type(back) is kind
    assert (back.message, back.hint, back.details) == (message, hint, {"about": value})


def test_every_error_of_the_house_has_a_code_of_its_own_and_a_sentence():
    for file in CORE.rglob("*.py"):
        text = file.read_text("utf-8")
        if "Error):" in text or "(Invalid):" in text or "(Refused):" in text:
            importlib.import_module(
                ".".join(("core", *file.relative_to(CORE).with_suffix("").parts))
            )
    found = kinds()
    assert all("code" in vars(kind) and kind.__doc__ for kind in found)
    assert len({kind.code for kind in found}) == len(found)
    assert {kind.code: kind for kind in found if kind is not StudioError} == {
        code: kind for code, kind in StudioError.classes.items() if kind in found
    }


def test_what_is_unknown_here_is_still_an_error_with_its_words():
    back = restore({"code": "from the future", "message": "No.", "hint": "Wait.", "details": {}})
    assert type(back) is StudioError
    assert str(back) == "No. Wait."


def test_who_catches_a_refusal_catches_every_kind_of_it():
    assert issubclass(BudgetExceeded, Refused)
    assert issubclass(Rejected, Refused)
    assert not issubclass(errors.Cancelled, Refused)


def test_without_a_way_out_there_is_no_space_at_the_end():
    assert str(StudioError("No.")) == "No."
