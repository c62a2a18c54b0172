"""What goes into rows: JSON both databases take, names without odd letters, amounts that count."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel

from core.errors import ActFailed, Invalid, Misuse
from core.kernel import Run, operation
from core.kernel.calls import Call
from core.kernel.values import AMOUNT_MAX, amounts, plain, text
from tests.core.kernel.proofs import parts
from tests.core.kernel.proofs.parts import ANA, steps, until

ODD = "a\x00b\ud800c"
LETTERS = some.characters() | some.sampled_from("\x00\ud800\udfff")
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(LETTERS),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(LETTERS), inner),
    max_leaves=20,
)


@given(ANYTHING)
def test_every_value_becomes_json_that_can_be_stored(value):
    made = plain(value)
    json.dumps(made, allow_nan=False).encode()
    assert plain(made) == made


@given(some.text(LETTERS))
def test_every_name_fits_into_a_text_column(name):
    made = text(name)
    made.encode()
    assert "\x00" not in made
    assert len(made) <= 200


def test_what_json_cannot_hold_is_an_error_or_a_text():
    with pytest.raises(ValueError, match="unknown type"):
        plain({"a": object()})
    assert plain({"a": {1}, "b": ANA.__class__}, lenient=True)["a"] == [1]


@pytest.mark.parametrize("amount", [-1, 1.5, float("nan"), AMOUNT_MAX + 1, "7", None])
def test_what_is_no_amount_is_misuse(amount):
    with pytest.raises(Misuse, match="no amount"):
        amounts({"nusd": amount})
    call = Call("t", 1, None)
    with pytest.raises(Misuse):
        call.spend(nusd=amount)
    with pytest.raises(Misuse):
        call.use(provider="p", model="m", cost_nusd=amount)
    assert (call.spent, call.uses) == ({}, [])


class Which(BaseModel):
    name: str


class Held(BaseModel):
    value: object = None


def fails(_call):
    raise Invalid(f"bad {ODD}", hint=ODD, where=object(), share=float("nan"))


def speaks(call):
    call.say("progress", share=float("nan"), thing=object(), note=ODD)
    call.keep(ODD)


def breaks(_call):
    raise OSError(28, "No space left", "/srv/secret/path")


ACTS = {
    "nan": lambda _: {"a": [float("nan"), float("inf")]},
    "odd": lambda _: {ODD: ODD},
    "speaks": speaks,
    "uses": lambda call: call.use(provider=ODD, model=ODD, cost_nusd=1),
    "fails": fails,
    "breaks": breaks,
    "quits": lambda _: (_ for _ in ()).throw(KeyboardInterrupt),
}


@operation("odd_values")
def odd_values(run: Run, which: Which) -> Held:
    """One act of ACTS, under a name that no text column takes."""
    return Held(value=run.step("tool", f"{which.name} {ODD}", ACTS[which.name], shows={"x": ODD}))


@pytest.mark.parametrize(
    ("name", "state"),
    [("nan", "done"), ("odd", "done"), ("speaks", "done"), ("uses", "done"), ("fails", "failed"),
     ("breaks", "failed"), ("quits", "failed")],
)  # fmt: skip
def test_odd_values_never_keep_a_step_from_its_end(kernel, name, state):
    task = until(kernel, kernel.submit("odd_values", {"name": name}, ANA), state)
    assert [step.state for step in steps(kernel, task.id)] == [state]
    kernel.events.flush()
    later = kernel.submit("odd_values", {"name": "nan"}, ANA)
    assert until(kernel, later, "done").output == {"value": {"a": [None, None]}}


def test_the_words_of_an_unforeseen_error_stay_in_the_log(kernel):
    task = until(kernel, kernel.submit("odd_values", {"name": "breaks"}, ANA), "failed")
    assert task.error["code"] == ActFailed.code
    rows = [*kernel.events.since(task.id), *steps(kernel, task.id), task]
    assert "/srv/secret" not in json.dumps([str(row) for row in rows])


@operation("astray")
def astray(run: Run, which: Which) -> Held:
    """Steps where none may be: in an act's group, in another thread, or with a wrong estimate."""
    if which.name == "group":

        def act(_call):
            with run.group("group", "inside"):
                pass

        return Held(value=run.step("tool", "outer", act))
    return Held(value=run.step("tool", "earns", lambda _: 1, estimate={"nusd": -5}))


@pytest.mark.parametrize("name", ["group", "earns"])
def test_misuse_is_named_and_holds_nothing(kernel, name):
    task = until(kernel, kernel.submit("astray", {"name": name}, ANA), "failed")
    assert task.error["code"] == "misuse"
    parts.settle_down(kernel)
    time.sleep(0)
